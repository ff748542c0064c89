// What the npm package jose makes of keys and tokens. It reads a list of tasks in
// JSON from standard input, and writes the list of their results: an object with
// what was asked for, or with the error.
import { createPublicKey } from 'node:crypto'
import * as jose from 'jose'
import jwksRsa from 'jwks-rsa'

const options = ({ issuer, audience }) => ({ issuer, audience })
const encoder = new TextEncoder()

const tasks = {
  // A token verified with the key set at a URL.
  async verify(task) {
    const keys = jose.createRemoteJWKSet(new URL(task.url))
    const { payload, protectedHeader } = await jose.jwtVerify(task.token, keys, options(task))
    return { payload, header: protectedHeader }
  },

  // The same with the key that jwks-rsa finds in the set by the token's kid.
  async verifyByJwksRsa(task) {
    const { kid } = jose.decodeProtectedHeader(task.token)
    const key = await jwksRsa({ jwksUri: task.url }).getSigningKey(kid)
    const { payload, protectedHeader } = await jose.jwtVerify(task.token, createPublicKey(key.getPublicKey()), options(task))
    return { payload, header: protectedHeader }
  },

  // A new key for an algorithm: its public half, and a token that it signed.
  async generate({ alg, kid, payload }) {
    const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true })
    return {
      jwk: { ...(await jose.exportJWK(publicKey)), kid, alg, use: 'sig' },
      token: await mint({ alg, kid }, payload, privateKey),
    }
  },

  // A token signed with a given key, which is private, for the key set at a URL:
  // its kid and alg are what the set says of that key.
  async mint({ url, jwk, payload }) {
    const id = await jose.calculateJwkThumbprint(jwk)
    const { keys } = await (await fetch(url)).json()
    for (const key of keys) {
      if (key.alg === jwk.alg && (await jose.calculateJwkThumbprint(key)) === id) {
        const { alg, kid } = key
        return { token: await mint({ alg, kid }, payload, await jose.importJWK(jwk, alg)) }
      }
    }
    throw new Error(`the set at ${url} does not have the key`)
  },

  // Tokens that must not be accepted, though jose makes them.
  async forge({ jwk, payload }) {
    const key = await jose.importJWK(jwk, jwk.alg)
    const { d, p, q, dp, dq, qi, ...known } = jwk
    const header = { alg: jwk.alg, kid: jwk.kid }
    const text = encoder.encode(JSON.stringify(payload))
    const b64 = await new jose.FlattenedSign(text)
      .setProtectedHeader({ ...header, b64: false, crit: ['b64'] })
      .sign(key)
    return {
      'unsecured, alg none': new jose.UnsecuredJWT(payload).encode(),
      'HMAC keyed with the public key': await mint(
        { alg: 'HS256', kid: jwk.kid }, payload, encoder.encode(await jose.exportSPKI(await jose.importJWK(known, jwk.alg)))),
      'crit that nobody knows': await new jose.CompactSign(text)
        .setProtectedHeader({ ...header, crit: ['urn:x'], 'urn:x': true })
        .sign(key, { crit: { 'urn:x': true } }),
      'b64 false, detached': `${b64.protected}..${b64.signature}`,
      'encrypted': await new jose.EncryptJWT(payload)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: jwk.kid })
        .encrypt(new Uint8Array(32)),
      'another key under the kid': await mint(header, payload, (await jose.generateKeyPair(jwk.alg)).privateKey),
      'another key in the header': await forgedJWK(header, payload),
    }
  },
}

async function forgedJWK(header, payload) {
  const { privateKey, publicKey } = await jose.generateKeyPair(header.alg)
  return mint({ ...header, jwk: await jose.exportJWK(publicKey) }, payload, privateKey)
}

function mint(header, payload, key) {
  return new jose.SignJWT(payload).setProtectedHeader({ typ: 'JWT', ...header }).sign(key)
}

let input = ''
for await (const chunk of process.stdin) input += chunk
const results = []
for (const task of JSON.parse(input)) {
  try {
    results.push(await tasks[task.do](task))
  } catch (error) {
    results.push({ error: `${error.code ?? error.name}: ${error.message}` })
  }
}
console.log(JSON.stringify(results))
