package sources

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// module has a project in its folder "server", with these files.
func module(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module example.com/m\n"
	for file, text := range files {
		path := filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := Read(filepath.Join(root, "server"), "functions", "example.com/m")
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func example(t *testing.T) *Tree {
	return module(t, map[string]string{
		"server/main.go":                        "package main\n",
		"server/functions/a/a.go":               "package a\n\nimport \"example.com/m/server/functions/lib\"\n\nfunc Functions() {}\n",
		"server/functions/a/broken.go":          "package a\n\nimport \"example.com/m/server/functions/b\"\n\nfunc (",
		"server/functions/a/a_test.go":          "package a\n\nimport \"example.com/m/server/functions/onlytested\"\n",
		"server/functions/b/b.go":               "package b\n\nimport _ \"fmt\"\n\ntype T struct{}\n\nfunc (T) Functions() {}\n",
		"server/functions/lib/lib.go":           "package lib\n\nimport \"example.com/m/server/functions/gone\"\n",
		"server/functions/lib/texts/x.txt":      "",
		"server/functions/testdata/x/x.go":      "package x\n",
		"server/functions/_old/x.go":            "package x\n",
		"server/functions/.hidden/x.go":         "package x\n",
		"server/functions/onlytested/tested.go": "package onlytested\n",
	})
}

func TestPackagesAndTheirImports(t *testing.T) {
	tree := example(t)
	if tree.ImportPath != "example.com/m/server" {
		t.Errorf("import path is %s", tree.ImportPath)
	}
	want := []string{"functions/a", "functions/b", "functions/lib", "functions/onlytested"}
	if got := slices.Sorted(maps.Keys(tree.Packages)); !slices.Equal(got, want) {
		t.Errorf("packages are %v", got)
	}
	if got := slices.Sorted(slices.Values(tree.Packages["functions/a"].Imports)); !slices.Equal(got, []string{"functions/b", "functions/lib"}) {
		t.Errorf("a imports %v", got)
	}
	for dir, want := range map[string]bool{"functions/a": true, "functions/b": false} {
		if got := tree.Packages[dir].HasEntryPoint; got != want {
			t.Errorf("%s has an entry point: %v", dir, got)
		}
	}
}

func TestDependentsAndClosure(t *testing.T) {
	tree := example(t)
	for dir, want := range map[string][]string{
		"functions/b":    {"functions/a", "functions/b"},
		"functions/gone": {"functions/a", "functions/gone", "functions/lib"},
	} {
		if got := slices.Sorted(maps.Keys(tree.Dependents(map[string]bool{dir: true}))); !slices.Equal(got, want) {
			t.Errorf("on %s depend %v", dir, got)
		}
	}
	want := []string{"functions/a", "functions/b", "functions/lib"}
	if got := slices.Sorted(maps.Keys(tree.Closure([]string{"functions/a"}))); !slices.Equal(got, want) {
		t.Errorf("a needs %v", got)
	}
}

func TestWhichPackageAFileBelongsTo(t *testing.T) {
	tree := example(t)
	for file, want := range map[string]string{
		"functions/a/a.go":          "functions/a",
		"functions/deleted/x.go":    "functions/deleted",
		"functions/lib/texts/x.txt": "functions/lib",
		"functions/nowhere/x.txt":   "",
		"main.go":                   "",
		"functionsx/a.go":           "",
		"../functions/a/a.go":       "",
		"other/functions/a/a.go":    "",
	} {
		got, ok := tree.DirOf(file)
		if got != want || ok != (want != "") {
			t.Errorf("%s belongs to %q", file, got)
		}
	}
}

func TestFolderWithoutFunctionsOrModule(t *testing.T) {
	if tree := module(t, map[string]string{"server/main.go": "package main\n"}); len(tree.Packages) != 0 {
		t.Errorf("packages are %v", tree.Packages)
	}
	if _, err := importPathOf(string(filepath.Separator), "example.com/m"); err == nil {
		t.Error("there is a go.mod in the root folder")
	}
}
