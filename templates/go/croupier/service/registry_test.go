package service

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
)

// answering is a function that answers its version.
func answering(id, version string) croupier.Function {
	descriptor := croupier.Descriptor{ID: id, Version: version}
	return croupier.NewFunction(descriptor, func(context.Context, *croupier.Call, any) (string, error) { return version, nil })
}

// versionsOf asks functions for their versions; one that is not there has "-".
func versionsOf(t *testing.T, functions *registry, ids ...string) []string {
	t.Helper()
	var versions []string
	for _, id := range ids {
		function, err := functions.get(id)
		if err != nil {
			versions = append(versions, "-")
			continue
		}
		answer, err := function.Handler(t.Context(), &croupier.Job{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, string(answer[1:len(answer)-1]))
	}
	return versions
}

func filled(t *testing.T, functions ...owned) *registry {
	t.Helper()
	r := &registry{}
	if err := r.add(functions); err != nil {
		t.Fatal(err)
	}
	return r
}

func expectVersions(t *testing.T, r *registry, want map[string]string) {
	t.Helper()
	for id, version := range want {
		if got := versionsOf(t, r, id); got[0] != version {
			t.Errorf("%s has version %s, not %s", id, got[0], version)
		}
	}
}

func TestBatchIsTakenAsAWhole(t *testing.T) {
	r := filled(t, owned{answering("a", "1"), ""}, owned{answering("b", "1"), ""})

	result, err := r.replace([]croupier.Function{answering("a", "2"), answering("b", "2")})

	want := applied{changes: []Change{{"a", "1", "2"}, {"b", "1", "2"}}, toldChanged: true}
	if err != nil || !reflect.DeepEqual(result, want) {
		t.Errorf("got %+v, %v", result, err)
	}
	expectVersions(t, r, map[string]string{"a": "2", "b": "2"})
}

func TestBatchThatIsWrongChangesNothing(t *testing.T) {
	for name, second := range map[string]croupier.Function{
		"invalid": answering("not an id", "2"),
		"twice":   answering("a", "3"),
		"unknown": answering("c", "2"),
		"empty":   {Descriptor: croupier.Descriptor{ID: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := filled(t, owned{answering("a", "1"), ""}, owned{answering("b", "1"), ""})
			if _, err := r.replace([]croupier.Function{answering("a", "2"), second}); err == nil {
				t.Error("it was taken")
			}
			expectVersions(t, r, map[string]string{"a": "1", "b": "1", "c": "-"})
			if _, err := r.rollback("a"); codeOf(err) != codes.FailedPrecondition {
				t.Errorf("a has an earlier version: %v", err)
			}
		})
	}
}

func TestTheSameCodeIsReportedButNotTold(t *testing.T) {
	r := filled(t, owned{answering("a", "1"), ""})
	result, err := r.replace([]croupier.Function{answering("a", "1")})
	if err != nil || result.toldChanged || !reflect.DeepEqual(result.changes, []Change{{"a", "1", "1"}}) {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestAddRefusesWhatIsThere(t *testing.T) {
	r := filled(t, owned{answering("a", "1"), ""})
	if err := r.add([]owned{{answering("b", "1"), ""}, {answering("a", "2"), ""}}); err == nil {
		t.Error("it was taken")
	}
	expectVersions(t, r, map[string]string{"a": "1", "b": "-"})
}

func TestPackageGainsAndLosesFunctions(t *testing.T) {
	r := filled(t, owned{answering("a", "1"), "functions/x"}, owned{answering("b", "1"), "functions/x"}, owned{answering("c", "1"), "functions/y"})

	result, err := r.replacePackages([]string{"functions/x"}, []owned{{answering("a", "2"), "functions/x"}, {answering("d", "1"), "functions/x"}})

	want := []Change{{"a", "1", "2"}, {"d", "", "1"}, {"b", "1", ""}}
	if err != nil || !reflect.DeepEqual(result.changes, want) || !result.toldChanged {
		t.Errorf("got %+v, %v", result, err)
	}
	expectVersions(t, r, map[string]string{"a": "2", "b": "-", "c": "1", "d": "1"})
	if got := r.ids(); !reflect.DeepEqual(got, []string{"a", "c", "d"}) {
		t.Errorf("ids are %v", got)
	}
}

func TestPackageCannotTakeWhatAnotherHas(t *testing.T) {
	r := filled(t, owned{answering("a", "1"), "functions/x"}, owned{answering("b", "1"), "functions/y"}, owned{answering("c", "1"), ""})
	for _, id := range []string{"b", "c"} {
		_, err := r.replacePackages([]string{"functions/x"}, []owned{{answering("a", "2"), "functions/x"}, {answering(id, "2"), "functions/x"}})
		var wrong *functionError
		if !errors.As(err, &wrong) || wrong.id != id || wrong.owner != "functions/x" {
			t.Errorf("%s: got %v", id, err)
		}
	}
	expectVersions(t, r, map[string]string{"a": "1", "b": "1", "c": "1"})
}

func TestFunctionMovesBetweenPackagesOfABatch(t *testing.T) {
	r := filled(t, owned{answering("a", "1"), "functions/x"}, owned{answering("b", "1"), "functions/y"})
	_, err := r.replacePackages([]string{"functions/x", "functions/y"}, []owned{{answering("b", "2"), "functions/x"}, {answering("a", "2"), "functions/y"}})
	if err != nil {
		t.Fatal(err)
	}
	expectVersions(t, r, map[string]string{"a": "2", "b": "2"})
}

func TestRollbackGoesBackFiveVersions(t *testing.T) {
	r := filled(t, owned{answering("a", "0"), "functions/x"})
	for version := 1; version <= 7; version++ {
		if _, err := r.replace([]croupier.Function{answering("a", fmt.Sprint(version))}); err != nil {
			t.Fatal(err)
		}
	}
	for version := 6; version >= 2; version-- {
		result, err := r.rollback("a")
		want := []Change{{"a", fmt.Sprint(version + 1), fmt.Sprint(version)}}
		if err != nil || !reflect.DeepEqual(result.changes, want) || !result.toldChanged {
			t.Fatalf("got %+v, %v", result, err)
		}
		expectVersions(t, r, map[string]string{"a": fmt.Sprint(version)})
	}
	if _, err := r.rollback("a"); codeOf(err) != codes.FailedPrecondition {
		t.Errorf("got %v", err)
	}
	if _, err := r.rollback("b"); codeOf(err) != codes.NotFound {
		t.Errorf("got %v", err)
	}
	if folders, _, _ := r.owners([]string{"a"}); !reflect.DeepEqual(folders, []string{"functions/x"}) {
		t.Errorf("a is owned by %v", folders)
	}
}

func codeOf(err error) codes.Code {
	var told *croupier.Error
	if errors.As(err, &told) {
		return told.Code
	}
	return codes.Unknown
}
