package core_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/jwtgate/jwtgate/core"
)

// Decode matches names exactly. encoding/json would let Role overwrite role, and
// SUB and ſub (a long s) overwrite sub.
func ExampleClaims_Decode() {
	claims, err := core.ParseClaims([]byte(`{"sub":"joe","role":"user","Role":"admin","SUB":"root","ſub":"kelvin","id":9007199254740993}`))
	if err != nil {
		log.Fatal(err)
	}
	var user struct {
		Sub  string `json:"sub"`
		Role string `json:"role"`
		ID   int64  `json:"id"`
	}
	if err := claims.Decode(&user); err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.Sub, user.Role, user.ID)

	id, ok := claims.Int64("id") // without a struct
	fmt.Println(id, ok)
	_, ok = claims.Int64("sub")
	fmt.Println(ok)
	fmt.Println(claims) // prints no values
	// Output:
	// joe user 9007199254740993
	// 9007199254740993 true
	// false
	// Claims["Role" "SUB" "id" "role" "sub" "ſub"]
}

// ParseClaims is strict, and checks no claim: that is a DecodeHandler's work.
func ExampleParseClaims() {
	for _, payload := range []string{
		`{"sub":"joe","sub":"root"}`,
		`{"sub":"joe"} {}`,
		`["joe"]`,
		`null`,
	} {
		_, err := core.ParseClaims([]byte(payload))
		fmt.Println(errors.Is(err, core.BadToken), err)
	}
	// Output:
	// true jwtgate: malformed: payload: strictjson: duplicate member name
	// true jwtgate: malformed: payload: strictjson: data after the value
	// true jwtgate: malformed: payload: strictjson: not an object
	// true jwtgate: malformed: payload: strictjson: not an object
}
