// Package inside parts what a room shows to everybody from what it shows to core
// alone. A method that takes a Pass can be called from inside this module only,
// and by a direct call, which costs nothing.
package inside

// Pass is what core shows at the door.
type Pass struct{}

// Reason is why a token that is verified is refused, in words of this module: what was
// wanted, and no value of a claim. A room above core that refuses one says it to the
// Observer by this; a client never hears it.
type Reason string

func (r Reason) Error() string { return string(r) }

// What settings ask of keys; package keys fills it in.
var (
	// ReadKey makes a *keys.Key of one or two []pemkey.Text, with []keys.Option.
	ReadKey func(options, texts any) (key any, err error)
	// Opened notes at a *keys.Key what is wrong with who may read its file.
	Opened func(key any, open error)
)
