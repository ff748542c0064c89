package core

// LoginConfig shapes the login endpoint.
type LoginConfig struct {
	// Path is the Route's. "": "/auth". It has no wildcards and, but for "/"
	// itself, no slash at the end.
	Path string
	// Name is the Route's, for applications that look routes up by name.
	Name string
	// NoRoute leaves the login out of Routes; Login can still be mounted by hand.
	NoRoute bool
	// Methods the endpoint answers. Nil: POST. If OPTIONS is among them, it is
	// answered with Allow alone.
	Methods []string
	// OnlyFields refuses a body with further members.
	OnlyFields bool
	// UsernameField and PasswordField are the members of the body. "": username, password.
	UsernameField, PasswordField string
	// MaxBytes bounds the body. 0: 16384.
	MaxBytes int
	// Form takes a form (application/x-www-form-urlencoded) of the same fields too, for
	// pages without scripts and for clients of other libraries. Credentials.Decode finds
	// its further fields as texts. With Sessions.Cookies a form must prove that it comes
	// from our own pages, as an unsafe request with a cookie must by Sec-Fetch-Site and
	// Origin: any page could log its reader in as somebody else.
	Form bool
}
