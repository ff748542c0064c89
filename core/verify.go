package core

import "context"

// Verify is the line "in" as a value: from a request to a context that holds its
// identity. The error is an *[Error]; Reject makes the answer of it.
func (a *Auth[T]) Verify(r Request) (ctx context.Context, err error) {
	o := a.watch(ActionVerify, r)
	if failed := caught(func() {
		var cred Credential
		rec, refused := a.verify(r.Context(), r, &cred, a.decode, o)
		if refused == nil {
			refused = a.spend(r.Context(), cred)
		}
		rec.event(o)
		if refused != nil {
			e := classify(refused)
			o.tell(r.Context(), e)
			ctx, err = nil, e
			return
		}
		o.tell(rec, nil)
		ctx, err = rec, nil
	}, func(e *Error) { o.tell(r.Context(), e) }); failed != nil {
		return nil, failed
	}
	return ctx, err
}

// verify is the order of the steps: Lookup, Decode, Revocation, Identify. The
// credential is filled in as far as it is known, also with an error.
func (a *Auth[T]) verify(ctx context.Context, r Request, cred *Credential, decode DecodeHandler, o *outcome) (rec *record[T], err error) {
	if err := wellFormed(r); err != nil {
		return nil, err
	}
	if rec, err := a.stoodIn(ctx, r); rec != nil {
		*cred = rec.cred
		return rec, err
	}
	done := o.step("lookup")
	*cred, err = a.find(r)
	if done(); err != nil {
		return nil, err
	}
	if cred.Token == "" {
		return nil, MissingToken
	}
	cred.foreign()
	return a.vouched(ctx, *cred, decode, o)
}

// vouched is what comes after Lookup.
func (a *Auth[T]) vouched(ctx context.Context, cred Credential, decode DecodeHandler, o *outcome) (rec *record[T], err error) {
	done := o.step("decode")
	claims, err := bounded(o.in(ctx), a.timeout, decode, cred.Token)
	if done(); err != nil {
		return nil, err
	}
	if claims == nil {
		return nil, BadToken
	}
	if len(a.revocations) > 0 {
		done = o.step("revocation")
		err := a.revoked(ctx, claims)
		if done(); err != nil {
			return nil, err
		}
	}
	done = o.step("identify")
	identity, err := bounded(ctx, a.timeout, a.identify, claims)
	done()
	rec = &record[T]{Context: ctx, owner: a.origin, cred: cred, claims: claims, identity: identity}
	if err == nil && a.nobody(identity) {
		err = UnknownIdentity
	}
	return rec, err
}

// find calls Lookup.
func (a *engine) find(r Request) (Credential, error) {
	r, cancel := boundRequest(r, a.timeout)
	defer cancel()
	if a.ownLookup {
		var done func()
		r, done = reread(r)
		defer done()
	}
	return a.lookup(r)
}
