package service

import (
	"fmt"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

// How many versions of a function before the present one are kept for rollback.
const keptVersions = 5

type entry struct {
	function croupier.Function
	told     *wire.LocalFunctionDescriptor
	// owner is the folder of the function's package; empty where it was registered by itself.
	owner string
	// earlier versions, the oldest first.
	earlier []croupier.Function
}

// registry has the functions of one service, in the order of their registration. A change of several is made in one step.
type registry struct {
	mu      sync.RWMutex
	entries map[string]entry
	order   []string
}

// owned is a function that is to be put into the registry.
type owned struct {
	function croupier.Function
	owner    string
}

// applied is what a change of the registry came to.
type applied struct {
	changes []Change
	// toldChanged: the agent has to be told.
	toldChanged bool
}

func (r *registry) get(id string) (croupier.Function, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found, ok := r.entries[id]
	if !ok {
		return croupier.Function{}, croupier.Errorf(codes.NotFound, "no function %q is registered here", id)
	}
	return found.function, nil
}

// add registers new functions: all of them or, where one is wrong or there already, none.
func (r *registry) add(functions []owned) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := check(functions); err != nil {
		return err
	}
	for _, one := range functions {
		if _, taken := r.entries[one.function.Descriptor.ID]; taken {
			return &functionError{one.function.Descriptor.ID, one.owner, fmt.Errorf("function %s is registered already", one.function.Descriptor.ID)}
		}
	}
	_, err := r.put(functions)
	return err
}

// replace puts functions in the place of the registered ones with their ids: all of them or none.
func (r *registry) replace(functions []croupier.Function) (applied, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	batch := make([]owned, 0, len(functions))
	for _, function := range functions {
		present, ok := r.entries[function.Descriptor.ID]
		if !ok {
			return applied{}, croupier.Errorf(codes.NotFound, "no function %q is registered here", function.Descriptor.ID)
		}
		batch = append(batch, owned{function, present.owner})
	}
	return r.put(batch)
}

// replacePackages puts what packages have now in the place of what they had: all or nothing. What they do not have any more is taken away.
func (r *registry) replacePackages(folders []string, functions []owned) (applied, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids, err := check(functions)
	if err != nil {
		return applied{}, err
	}
	for _, one := range functions {
		id := one.function.Descriptor.ID
		if present, taken := r.entries[id]; taken && present.owner != one.owner && !slices.Contains(folders, present.owner) {
			return applied{}, &functionError{id, one.owner, fmt.Errorf("function %s is registered already, by %s", id, first(present.owner, "the program"))}
		}
	}
	var gone []Change
	for _, id := range r.order {
		if present := r.entries[id]; present.owner != "" && slices.Contains(folders, present.owner) && !ids[id] {
			gone = append(gone, Change{ID: id, OldVersion: present.told.Version})
		}
	}
	result, err := r.put(functions)
	if err != nil {
		return applied{}, err
	}
	for _, change := range gone {
		delete(r.entries, change.ID)
		r.order = slices.DeleteFunc(r.order, func(id string) bool { return id == change.ID })
	}
	result.changes = append(result.changes, gone...)
	result.toldChanged = result.toldChanged || len(gone) > 0
	return result, nil
}

// rollback puts the version before the present one back.
func (r *registry) rollback(id string) (applied, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	present, ok := r.entries[id]
	if !ok {
		return applied{}, croupier.Errorf(codes.NotFound, "no function %q is registered here", id)
	}
	last := len(present.earlier) - 1
	if last < 0 {
		return applied{}, croupier.Errorf(codes.FailedPrecondition, "there is no earlier version of %s", id)
	}
	back := entry{function: present.earlier[last], owner: present.owner, earlier: present.earlier[:last:last]}
	back.told = describe(back.function.Descriptor)
	r.entries[id] = back
	return applied{
		changes:     []Change{{id, present.told.Version, back.told.Version}},
		toldChanged: !proto.Equal(present.told, back.told),
	}, nil
}

// put needs the lock.
func (r *registry) put(functions []owned) (applied, error) {
	if _, err := check(functions); err != nil {
		return applied{}, err
	}
	var result applied
	for _, one := range functions {
		id := one.function.Descriptor.ID
		next := entry{function: one.function, told: describe(one.function.Descriptor), owner: one.owner}
		present, exists := r.entries[id]
		if exists {
			next.earlier = append(slices.Clone(present.earlier), present.function)
			next.earlier = next.earlier[max(0, len(next.earlier)-keptVersions):]
		} else {
			r.order = append(r.order, id)
		}
		result.changes = append(result.changes, Change{id, present.told.GetVersion(), next.told.Version})
		result.toldChanged = result.toldChanged || !proto.Equal(present.told, next.told)
		if r.entries == nil {
			r.entries = make(map[string]entry)
		}
		r.entries[id] = next
	}
	return result, nil
}

// owners are the folders of the packages that have functions here, of these ids; an id that is not here is in missing.
func (r *registry) owners(ids []string) (folders, own, missing []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, id := range ids {
		present, ok := r.entries[id]
		switch {
		case !ok:
			missing = append(missing, id)
		case present.owner == "":
			own = append(own, id)
		case !slices.Contains(folders, present.owner):
			folders = append(folders, present.owner)
		}
	}
	return folders, own, missing
}

// ids in the order of their registration.
func (r *registry) ids() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.order)
}

func (r *registry) descriptors() []*wire.LocalFunctionDescriptor {
	r.mu.RLock()
	defer r.mu.RUnlock()
	told := make([]*wire.LocalFunctionDescriptor, 0, len(r.order))
	for _, id := range r.order {
		told = append(told, r.entries[id].told)
	}
	return told
}
