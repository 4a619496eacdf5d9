package croupier

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// DefaultVersion is that of a function which names none.
const DefaultVersion = "1.0.0"

const maxIDLength = 256

// Schema is a JSON Schema.
type Schema map[string]any

// Descriptor is what a service tells about one of its functions or jobs.
type Descriptor struct {
	// ID is such as "player.ban", unique in the service.
	ID string
	// Version is DefaultVersion where it is empty.
	Version     string
	Summary     string
	Description string
	Tags        []string
	OperationID string
	Deprecated  bool
	// InputSchema describes the payload. Dashboards make their forms of it; it is not enforced here.
	InputSchema Schema
	// OutputSchema describes the result.
	OutputSchema Schema
	Category     string
	// Risk is "low", "medium", "high" or empty.
	Risk      string
	Entity    string
	Operation string
}

// Validate says what is wrong with the descriptor, in words for the one who wrote it.
func (d Descriptor) Validate() error {
	if d.ID == "" || len(d.ID) > maxIDLength || strings.ContainsFunc(d.ID, unicode.IsSpace) {
		return fmt.Errorf("a function's id has 1 to %d characters without spaces, such as \"player.ban\"; got %q", maxIDLength, d.ID)
	}
	switch d.Risk {
	case "", "low", "medium", "high":
	default:
		return fmt.Errorf("function %s: Risk is low, medium or high; got %q", d.ID, d.Risk)
	}
	_, inputErr := d.InputSchema.Text()
	_, outputErr := d.OutputSchema.Text()
	if err := errors.Join(inputErr, outputErr); err != nil {
		return fmt.Errorf("function %s: a schema is not JSON: %w", d.ID, err)
	}
	return nil
}

// Text is the schema as JSON; empty where there is none.
func (s Schema) Text() (string, error) {
	if s == nil {
		return "", nil
	}
	text, err := json.Marshal(s)
	return string(text), err
}
