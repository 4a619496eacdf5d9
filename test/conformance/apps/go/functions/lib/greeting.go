// Package lib has no functions of its own: others import it.
package lib

// Greeting is answered by both functions of package pair.
const Greeting = "hello"
