// An OpenID provider (the npm package oidc-provider) on the loopback port $PORT,
// or without that on any free one. It prints its issuer when it is ready, and ends
// with its standard input, so that it never outlives the test that started it.
//
// Every run makes new keys, one for each algorithm in $ALGORITHMS. The client
// whose id is the name of an algorithm gets its access tokens signed with it.
import http from 'node:http'
import * as jose from 'jose'
import Provider from 'oidc-provider'

const algorithms = process.env.ALGORITHMS.split(' ')

const keys = []
for (const alg of algorithms) {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true })
  const jwk = await jose.exportJWK(privateKey)
  keys.push({ ...jwk, kid: await jose.calculateJwkThumbprint(jwk), alg, use: 'sig' })
}

const server = http.createServer()
const listen = (port) => new Promise((resolve, reject) => {
  server.once('error', reject)
  server.listen(port, '127.0.0.1', () => resolve(port))
})

// The free ports are below those that Linux gives to outgoing connections, so
// that nobody else has the port when another provider takes this one's place.
let port = process.env.PORT && await listen(Number(process.env.PORT))
for (let tries = 0; !port; tries++) {
  port = await listen(20000 + Math.floor(Math.random() * 12000)).catch((error) => {
    if (tries === 50) throw error
  })
}

const issuer = `http://127.0.0.1:${port}`
const provider = new Provider(issuer, {
  jwks: { keys },
  scopes: ['read', 'write'],
  clients: algorithms.map((alg) => ({
    client_id: alg,
    client_secret: 'the secret of a test',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  enabledJWA: { idTokenSigningAlgValues: algorithms },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource, client) => ({
        scope: 'read write',
        audience: resource,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt', // RFC 9068
        jwt: { sign: { alg: client.clientId } },
      }),
    },
  },
})
server.on('request', provider.callback())
console.log(`issuer ${issuer}`)

process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
