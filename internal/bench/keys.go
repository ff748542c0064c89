package main

import "crypto/x509"

// marshalKey and parsePrivate carry a private key from the parent process to
// the servers, over a pipe.
func marshalKey(key any) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(key) }

func parsePrivate(der []byte) (any, error) { return x509.ParsePKCS8PrivateKey(der) }
