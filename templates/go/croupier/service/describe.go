package service

import (
	"fmt"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

// functionError is what is wrong with one function of a batch.
type functionError struct {
	id    string
	owner string
	err   error
}

func (e *functionError) Error() string { return e.err.Error() }
func (e *functionError) Unwrap() error { return e.err }

// check says what is wrong with the functions of a batch, and which ids they have.
func check(functions []owned) (map[string]bool, error) {
	ids := make(map[string]bool, len(functions))
	for _, one := range functions {
		id := one.function.Descriptor.ID
		if err := one.function.Validate(); err != nil {
			return nil, &functionError{id, one.owner, err}
		}
		if ids[id] {
			return nil, &functionError{id, one.owner, fmt.Errorf("function %s is there twice", id)}
		}
		ids[id] = true
	}
	return ids, nil
}

// describe is a valid descriptor as the agent is told it.
func describe(d croupier.Descriptor) *wire.LocalFunctionDescriptor {
	// That a schema can be written was checked.
	input, _ := d.InputSchema.Text()
	output, _ := d.OutputSchema.Text()
	return &wire.LocalFunctionDescriptor{
		Id:           d.ID,
		Version:      first(d.Version, croupier.DefaultVersion),
		Tags:         d.Tags,
		Summary:      d.Summary,
		Description:  d.Description,
		OperationId:  d.OperationID,
		Deprecated:   d.Deprecated,
		InputSchema:  input,
		OutputSchema: output,
		Category:     d.Category,
		Risk:         d.Risk,
		Entity:       d.Entity,
		Operation:    d.Operation,
	}
}
