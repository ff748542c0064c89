package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/jwtgate/jwtgate/core"
	"github.com/jwtgate/jwtgate/core/keys"
	"github.com/jwtgate/jwtgate/core/logins"
)

// An unknown user and a wrong password get the same answer after the same time.
func ExampleNewPasswordCheck() {
	hash := func(password []byte) ([]byte, error) {
		return bcrypt.GenerateFromPassword(password, bcrypt.MinCost) // DefaultCost or more in life
	}
	matches, err := logins.NewPasswordCheck(hash, bcrypt.CompareHashAndPassword)
	if err != nil {
		log.Fatal(err)
	}
	stored := map[string][]byte{}
	if stored["joe"], err = hash([]byte("pass")); err != nil {
		log.Fatal(err)
	}
	key, err := keys.NewSecret([]byte("an example's secret, known to all who read it"))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := core.New(core.Config[string]{
		Keys: key,
		Authenticate: func(ctx context.Context, c core.Credentials) (string, error) {
			if ok, err := matches(ctx, stored[c.Username], c.Password); !ok { // nil for an unknown user
				return "", err // without an error it is nobody: BadCredentials
			}
			var more struct {
				Code string `json:"code"` // a further member of the body
			}
			if err := c.Decode(&more); err != nil || more.Code != "123456" {
				return "", core.BadCredentials
			}
			return c.Username, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, body := range []string{
		`{"username":"joe","password":"pass","code":"123456"}`,
		`{"username":"joe","password":"pass","CODE":"123456"}`,
		`{"username":"joe","password":"wrong","code":"123456"}`,
		`{"username":"nobody","password":"pass","code":"123456"}`,
		`{"username":"joe"}`,
	} {
		r := httptest.NewRequest(http.MethodPost, "/auth", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		res := auth.Login(core.FromHTTP(r))
		fmt.Println(res.Status, res.Header.Get("Cache-Control"))
	}

	_, err = logins.NewPasswordCheck(hash, func(_, _ []byte) error { return errors.New("not a hash of ours") })
	fmt.Println(err)
	// Output:
	// 200 no-store
	// 401 no-store
	// 401 no-store
	// 401 no-store
	// 400 no-store
	// logins.NewPasswordCheck: compare does not read what hash makes: not a hash of ours
}
