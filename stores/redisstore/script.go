package redisstore

import (
	"crypto/fips140"

	"github.com/redis/go-redis/v9"
)

// A session is a hash: s subject, l label, c created, u last used, e expires, p the
// hash of its identity's stamp if it has one, d its delivery if that is not in the
// body, t the hash of the current token, x
// until when its subject's list is sure to be kept. Times are milliseconds, as
// text, and callers' but for x, which is by Redis's clock. Without e it is the mark
// of a session that was ended, which stays for a minute. Beside it, in the same
// slot, lie the last exchanged tokens, the oldest first: a list with, for each, its
// hash, what it was exchanged for, sealed, the end of its grace, when to erase it
// by Redis's clock, how often it was exchanged again, and for what token last. A
// subject's list is a sorted set of IDs by created; beside it is the number of the
// last ending.
//
// Memory is freed by durations alone, and those never shrink: a caller whose clock
// has leapt says that sessions are over, and nothing is erased for it.
//
// Scripts return lists of strings. They use neither cmsgpack nor cjson, which not
// every Redis has, and which do not keep every string. Redis refuses a script's
// first write if that takes memory and there is none, and later ones never. So what
// starts or goes on begins with such a write, and has not happened when it is
// refused; what ends does not, and needs no memory.

// luaNumber is Redis's own clock, and how numbers are written.
const luaNumber = `
local function clock()
	local t = redis.call('TIME')
	return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function text(n) return string.format('%.0f', n) end
`

// luaEnd ends the session of KEYS[1] and KEYS[2]. ARGV[1] is its ID, ARGV[2] the
// channel to tell it on, ARGV[3] how long the mark stays.
const luaEnd = `
local function finish()
	redis.call('PUBLISH', ARGV[2], ARGV[1])
	redis.call('HDEL', KEYS[1], 's', 'l', 'u', 'e', 'p', 'd', 't', 'x')
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
	redis.call('DEL', KEYS[2])
end
`

// luaJudge says what there is of a token: a state, the session, and the place of a
// token that is in its grace.
const luaJudge = `
local v = redis.call('HMGET', KEYS[1], 's', 'l', 'c', 'u', 'e', 'p', 't', 'x', 'd')
local session = {v[1], v[2], v[3], v[4], v[5], v[6] or '', v[9] or ''}
local function judge(token, now)
	if not v[5] or now >= tonumber(v[5]) then return 'gone' end
	if token == v[7] then return 'current' end
	local kept = redis.call('LRANGE', KEYS[2], 0, -1)
	for i = 1, #kept, 6 do
		if token == kept[i] and now < tonumber(kept[i + 2]) then return 'grace', kept, i end
	end
	return 'reused'
end
local function answer(state, sealed)
	if state == 'gone' then return {state} end
	return {state, sealed or '', unpack(session)}
end
`

var (
	// ticketScript returns the number that a realm has reached. One that is not
	// there begins with the time, so that it is not behind one that was lost.
	ticketScript = newScript(luaNumber + `
local n = redis.call('GET', KEYS[1])
if not n then
	n = text(clock())
	redis.call('SET', KEYS[1], n)
end
return {n}`)

	// raiseScript raises that number, to ARGV[1] at least, and returns it.
	raiseScript = newScript(luaNumber + `
redis.call('PERSIST', KEYS[1]) -- a script that has written may go on when memory is short
local n = math.max((tonumber(redis.call('GET', KEYS[1])) or clock()) + 1, tonumber(ARGV[1]))
redis.call('SET', KEYS[1], text(n))
return {text(n)}`)

	// markScript leaves the number ARGV[1] with a subject, for ARGV[2], and returns
	// its list with the scores. Whoever is not in it yet meets the number.
	markScript = newScript(luaNumber + `
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local n = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[1]))
redis.call('SET', KEYS[2], text(n), 'PX', ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')`)

	// joinScript puts a session into its subject's list, unless the subject's
	// sessions were ended after the ticket ARGV[5], and returns the list with its
	// scores if there are more in it than ARGV[4].
	joinScript = newScript(`
if tonumber(ARGV[5]) < tonumber(redis.call('GET', KEYS[2]) or '0') then return {'refused'} end
redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if redis.call('ZCARD', KEYS[1]) <= tonumber(ARGV[4]) then return {} end
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')`)

	// membersScript returns a subject's list with its scores.
	membersScript = newScript(`return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')`)

	// leaveScript takes sessions from their subject's list.
	leaveScript = newScript(`redis.call('ZREM', KEYS[1], unpack(ARGV)) return {}`)

	// createScript writes a session, for ARGV[8], whose list is kept for ARGV[9].
	// Done again it changes nothing.
	createScript = newScript(luaNumber + `
local v = redis.call('HMGET', KEYS[1], 'e', 'c', 't')
if v[1] then return {v[2] == ARGV[3] and v[3] == ARGV[7] and 'created' or 'taken'} end
if redis.call('EXISTS', KEYS[1]) == 1 then return {'ended'} end
redis.call('HSET', KEYS[1], 's', ARGV[1], 'l', ARGV[2], 'c', ARGV[3], 'u', ARGV[4], 'e', ARGV[5], 't', ARGV[7], 'x', text(clock() + ARGV[9]))
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'p', ARGV[6]) end
if ARGV[10] ~= '' then redis.call('HSET', KEYS[1], 'd', ARGV[10]) end
redis.call('PEXPIRE', KEYS[1], ARGV[8])
return {'created'}`)

	// readScript returns a session, nothing if there is none, and one word if it
	// was ended a moment ago.
	readScript = newScript(`
local v = redis.call('HMGET', KEYS[1], 's', 'l', 'c', 'u', 'e', 'p', 'd')
if v[5] then return {v[1], v[2], v[3], v[4], v[5], v[6] or '', v[7] or ''} end
return redis.call('EXISTS', KEYS[1]) == 1 and {'ended'} or {}`)

	// expiresScript returns when a session expires.
	expiresScript = newScript(`return {redis.call('HGET', KEYS[1], 'e') or ''}`)

	// endScript ends a session and returns it. Where there is none, and with ARGV[4],
	// it leaves the mark all the same: the session may be about to be written.
	endScript = newScript(luaEnd + `
local v = redis.call('HMGET', KEYS[1], 's', 'l', 'c', 'u', 'e', 'p', 'd')
if v[5] then
	finish()
	return {v[1], v[2], v[3], v[4], v[5], v[6] or '', v[7] or ''}
end
if ARGV[4] == '' then return {} end
redis.call('DEL', KEYS[2]) -- a script that has written may go on when memory is short
redis.call('HSET', KEYS[1], 'c', '0')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {}`)

	// findScript says what there is of the token ARGV[1] at ARGV[2].
	findScript = newScript(luaJudge + `
local state = judge(ARGV[1], tonumber(ARGV[2]))
return answer(state)`)

	// rotateScript exchanges the token ARGV[4] for ARGV[5], or counts one more
	// exchange in its grace, of ARGV[13] that there may be. It answers 'list' and
	// changes nothing if the subject's list might be forgotten before the session;
	// with ARGV[11] that has been seen to, for so long.
	rotateScript = newScript(luaNumber + luaEnd + luaJudge + `
local now, expires = tonumber(ARGV[8]), tonumber(ARGV[9])
local state, kept, at = judge(ARGV[4], now)
if state ~= 'gone' and v[7] == ARGV[5] then return answer('current') end -- this very call, again
if state == 'grace' and kept[at + 5] ~= ARGV[5] then
	local again = tonumber(kept[at + 4]) + 1
	if again > tonumber(ARGV[13]) then
		state = 'reused'
	else
		redis.call('LSET', KEYS[2], at + 3, text(again))
		redis.call('LSET', KEYS[2], at + 4, ARGV[5])
	end
end
if state == 'grace' then return answer(state, kept[at + 1]) end
if state == 'reused' then finish() end
if state ~= 'current' then return answer(state) end
local t = clock()
if ARGV[11] ~= '' then v[8] = text(t + ARGV[11]) end
if t + expires - now > tonumber(v[8]) then return answer('list') end
redis.call('HSET', KEYS[1], 't', ARGV[5], 'u', ARGV[8], 'e', ARGV[9], 'x', v[8])
redis.call('PEXPIRE', KEYS[1], text(math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[10]))))
local list, last = {}, 0
local function keep(token, sealed, ends, erase, again, next)
	for _, s in ipairs({token, sealed, ends, erase, again, next}) do list[#list + 1] = s end
	last = math.max(last, tonumber(erase))
end
kept = redis.call('LRANGE', KEYS[2], 0, -1)
for i = math.max(1, #kept + 1 - 6 * (ARGV[12] - 1)), #kept, 6 do
	if t < tonumber(kept[i + 3]) then keep(unpack(kept, i, i + 5)) end
end
if now < tonumber(ARGV[7]) then keep(ARGV[4], ARGV[6], ARGV[7], text(t + ARGV[7] - now + ARGV[14]), '0', '') end
redis.call('DEL', KEYS[2])
if #list > 0 then
	redis.call('RPUSH', KEYS[2], unpack(list))
	redis.call('PEXPIRE', KEYS[2], text(last - t))
end
session[4], session[5] = ARGV[8], ARGV[9]
return answer(state)`)
)

// newScript makes a script. Its SHA-1 is its name in Redis, and secures nothing, so
// it may be computed in FIPS 140-only mode too.
func newScript(text string) (script *redis.Script) {
	fips140.WithoutEnforcement(func() { script = redis.NewScript(text) })
	return script
}
