// Package inside parts what a room shows to everybody from what it shows to core
// alone. A method that takes a Pass can be called from inside this module only,
// and by a direct call, which costs nothing.
package inside

// Pass is what core shows at the door.
type Pass struct{}
