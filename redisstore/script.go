package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// All that is read is read by scripts too: a client that is set up to read from
// replicas sends those to the master nonetheless.
//
// A session is a hash: s subject, l label, c created, u last used, e expires, t
// the hash of the current token, x until when the subject's list is sure to be
// kept. Times are milliseconds, as text. Without e it is the mark of a session
// that was ended, which stays for a minute. Beside it, in the same slot, lie the
// last exchanged tokens, with what each was exchanged for and the end of its
// grace. A subject's list is a sorted set of IDs by created.
//
// Scripts return lists of strings. Redis refuses a script's first write if that
// takes memory and there is none, and later ones never. So what starts or goes on
// begins with such a write, and has not happened when it is refused; what ends does
// not, and needs no memory.

// luaEnd ends the session of KEYS[1] and KEYS[2]. ARGV[1] is its ID, ARGV[2] the
// channel to tell it on, ARGV[3] how long the mark stays.
const luaEnd = `
local function finish()
	redis.call('PUBLISH', ARGV[2], ARGV[1])
	redis.call('HDEL', KEYS[1], 's', 'l', 'u', 'e', 't', 'x')
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
	redis.call('DEL', KEYS[2])
end
`

// luaJudge says what there is of a token.
const luaJudge = `
local function judge(v, token, now)
	local session = {v[1], v[2], v[3], v[4], v[5]}
	if not v[5] or now >= tonumber(v[5]) then return {'gone'} end
	if token == v[6] then return {'current', '', unpack(session)} end
	local kept = redis.call('GET', KEYS[2])
	for _, g in ipairs(kept and cmsgpack.unpack(kept) or {}) do
		if token == g[1] and now < tonumber(g[3]) then return {'grace', g[2], unpack(session)} end
	end
	return {'reused', '', unpack(session)}
end
local v = redis.call('HMGET', KEYS[1], 's', 'l', 'c', 'u', 'e', 't', 'x')
`

var (
	// joinScript puts a session into its subject's list, and returns the list with
	// its scores if there are more in it than ARGV[4].
	joinScript = redis.NewScript(`
redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if redis.call('ZCARD', KEYS[1]) <= tonumber(ARGV[4]) then return {} end
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')`)

	// membersScript returns a subject's list with its scores.
	membersScript = redis.NewScript(`return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')`)

	// leaveScript takes sessions from their subject's list.
	leaveScript = redis.NewScript(`redis.call('ZREM', KEYS[1], unpack(ARGV)) return {}`)

	// createScript writes a session. Done again it changes nothing.
	createScript = redis.NewScript(`
local v = redis.call('HMGET', KEYS[1], 'e', 'c', 't')
if v[1] then return {v[2] == ARGV[3] and v[3] == ARGV[6] and 'created' or 'taken'} end
if redis.call('EXISTS', KEYS[1]) == 1 then return {'ended'} end
redis.call('HSET', KEYS[1], 's', ARGV[1], 'l', ARGV[2], 'c', ARGV[3], 'u', ARGV[4], 'e', ARGV[5], 't', ARGV[6], 'x', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[8])
return {'created'}`)

	// readScript returns a session, nothing if there is none, and one word if it
	// was ended a moment ago.
	readScript = redis.NewScript(`
local v = redis.call('HMGET', KEYS[1], 's', 'l', 'c', 'u', 'e')
if v[5] then return v end
return redis.call('EXISTS', KEYS[1]) == 1 and {'ended'} or {}`)

	// expiresScript returns when a session expires.
	expiresScript = redis.NewScript(`return {redis.call('HGET', KEYS[1], 'e') or ''}`)

	// endScript ends a session and returns it. With ARGV[4] it does so only if the
	// session is over by that time, and returns one word if not. Where there is
	// none it leaves the mark all the same: it may be about to be written.
	endScript = redis.NewScript(luaEnd + `
local v = redis.call('HMGET', KEYS[1], 's', 'l', 'c', 'u', 'e')
if v[5] then
	if ARGV[4] ~= '' and tonumber(ARGV[4]) < tonumber(v[5]) then return {'alive'} end
	finish()
	return v
end
redis.call('DEL', KEYS[2]) -- a script that has written may go on when memory is short
redis.call('HSET', KEYS[1], 'c', '0')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {}`)

	// findScript says what there is of the token ARGV[1] at ARGV[2].
	findScript = redis.NewScript(luaJudge + `return judge(v, ARGV[1], tonumber(ARGV[2]))`)

	// rotateScript exchanges the token ARGV[4] for ARGV[5]. It answers 'list' and
	// changes nothing if the subject's list might be forgotten before the session.
	rotateScript = redis.NewScript(luaEnd + luaJudge + `
local now, expires = tonumber(ARGV[8]), tonumber(ARGV[9])
local found = judge(v, ARGV[4], now)
if found[1] == 'reused' then
	if v[6] == ARGV[5] then return {'current', '', unpack(found, 3)} end -- this very call, again
	finish()
end
if found[1] ~= 'current' then return found end
if ARGV[11] ~= '' then v[7] = ARGV[11] end
if expires > tonumber(v[7]) then return {'list', '', unpack(found, 3)} end
redis.call('HSET', KEYS[1], 't', ARGV[5], 'u', ARGV[8], 'e', ARGV[9], 'x', v[7])
redis.call('PEXPIRE', KEYS[1], ARGV[10])
local kept, last = {}, 0
local old = redis.call('GET', KEYS[2])
for _, g in ipairs(old and cmsgpack.unpack(old) or {}) do
	if now < tonumber(g[3]) then kept[#kept + 1] = g end
end
if now < tonumber(ARGV[7]) then kept[#kept + 1] = {ARGV[4], ARGV[6], ARGV[7]} end
while #kept > tonumber(ARGV[12]) do table.remove(kept, 1) end
for _, g in ipairs(kept) do last = math.max(last, tonumber(g[3])) end
if #kept == 0 then
	redis.call('DEL', KEYS[2])
else
	redis.call('SET', KEYS[2], cmsgpack.pack(kept), 'PX', last - now + tonumber(ARGV[13]))
end
return {'current', '', found[3], found[4], found[5], ARGV[8], ARGV[9]}`)
)

// run runs a script on the keys of one slot.
func run(ctx context.Context, client Client, script *redis.Script, keys []string, args ...any) ([]string, error) {
	return script.Run(ctx, client, keys, args...).StringSlice()
}

// pipelineMost is how many scripts are sent at once.
const pipelineMost = 500

// runEach runs a script for each of several sets of keys, with a few round trips
// for all. It returns what it has up to the first error.
func runEach(ctx context.Context, client Client, script *redis.Script, n int, keys func(i int) []string, args func(i int) []any) ([][]string, error) {
	results := make([][]string, 0, n)
	for len(results) < n {
		from := len(results)
		cmds, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := from; i < min(from+pipelineMost, n); i++ {
				p.EvalSha(ctx, script.Hash(), keys(i), args(i)...)
			}
			return nil
		}) // and each command has its own error
		if err != nil && len(cmds) == 0 {
			return results, err
		}
		for i, cmd := range cmds {
			result, err := cmd.(*redis.Cmd).StringSlice()
			if redis.HasErrorPrefix(err, "NOSCRIPT") {
				result, err = run(ctx, client, script, keys(from+i), args(from+i)...)
			}
			if err != nil {
				return results, err
			}
			results = append(results, result)
		}
	}
	return results, nil
}
