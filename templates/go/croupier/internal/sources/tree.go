// Package sources knows the packages below the folder of functions, and what they import of each other.
package sources

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// EntryPoint is the function that makes a package one of functions.
const EntryPoint = "Functions"

// Package is one folder with Go files, tests aside.
type Package struct {
	// Dir is relative to the project, with slashes.
	Dir string
	// Imports are folders below the one of functions, whether or not they exist.
	Imports []string
	// HasEntryPoint: it has the function that gives its functions.
	HasEntryPoint bool
}

// Tree has the packages below the folder of functions as they are on disk.
type Tree struct {
	// Project is the project's folder, absolute.
	Project string
	// Functions is the folder of functions, relative to the project, with slashes.
	Functions string
	// ImportPath is that of the project's folder.
	ImportPath string
	// Packages by Dir.
	Packages map[string]*Package
}

// Read reads the packages. modulePath is that of the module which holds the project.
func Read(project, functions, modulePath string) (*Tree, error) {
	importPath, err := importPathOf(project, modulePath)
	if err != nil {
		return nil, err
	}
	tree := &Tree{Project: project, Functions: functions, ImportPath: importPath, Packages: make(map[string]*Package)}
	err = filepath.WalkDir(filepath.Join(project, filepath.FromSlash(functions)), func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() && IsIgnoredDir(entry.Name()) {
			return fs.SkipDir
		}
		if entry.Type().IsRegular() && IsSource(entry.Name()) {
			return tree.add(file)
		}
		return nil
	})
	return tree, err
}

// IsSource: a Go file that is built, as far as its name tells.
func IsSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".")
}

// IsIgnoredDir: a folder in which the go command looks for no packages.
func IsIgnoredDir(name string) bool {
	return name == "testdata" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".")
}

// importPathOf looks for the module's root from the project upward.
func importPathOf(project, modulePath string) (string, error) {
	for root := project; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			below, err := filepath.Rel(root, project)
			return path.Join(modulePath, filepath.ToSlash(below)), err
		}
		if root == filepath.Dir(root) {
			return "", fmt.Errorf("there is no go.mod in %s or above", project)
		}
	}
}

func (t *Tree) add(file string) error {
	below, err := filepath.Rel(t.Project, file)
	if err != nil {
		return err
	}
	dir := path.Dir(filepath.ToSlash(below))
	known, ok := t.Packages[dir]
	if !ok {
		known = &Package{Dir: dir}
		t.Packages[dir] = known
	}
	// A file that is broken has what could be read of it; its mistake is for the compiler to tell.
	parsed, _ := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if parsed == nil {
		return nil
	}
	for _, one := range parsed.Imports {
		if imported, ok := t.dirOf(one); ok && !slices.Contains(known.Imports, imported) {
			known.Imports = append(known.Imports, imported)
		}
	}
	for _, declared := range parsed.Decls {
		if function, ok := declared.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == EntryPoint {
			known.HasEntryPoint = true
		}
	}
	return nil
}

// dirOf is the folder of an import that is below the one of functions.
func (t *Tree) dirOf(spec *ast.ImportSpec) (string, bool) {
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return "", false
	}
	dir, ok := strings.CutPrefix(imported, t.ImportPath+"/")
	return dir, ok && t.isBelow(dir)
}

func (t *Tree) isBelow(dir string) bool {
	return dir == t.Functions || strings.HasPrefix(dir, t.Functions+"/")
}

// DirOf is the folder of the package that a file belongs to, whether or not it still exists; false: it belongs to none.
func (t *Tree) DirOf(file string) (string, bool) {
	dir := path.Dir(file)
	if !t.isBelow(dir) {
		return "", false
	}
	if strings.HasSuffix(file, ".go") {
		return dir, true
	}
	// Other files are embedded by a package above them.
	for ; t.isBelow(dir); dir = path.Dir(dir) {
		if _, ok := t.Packages[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

// Dependents are these folders, and those of all packages that import them, over others as well.
func (t *Tree) Dependents(dirs map[string]bool) map[string]bool {
	found := make(map[string]bool, len(dirs))
	for dir := range dirs {
		found[dir] = true
	}
	for grows := true; grows; {
		grows = false
		for dir, one := range t.Packages {
			if !found[dir] && slices.ContainsFunc(one.Imports, func(imported string) bool { return found[imported] }) {
				found[dir] = true
				grows = true
			}
		}
	}
	return found
}

// Closure are these folders, and those of all packages that they import, over others as well.
func (t *Tree) Closure(dirs []string) map[string]bool {
	found := make(map[string]bool)
	for pending := slices.Clone(dirs); len(pending) > 0; {
		dir := pending[0]
		pending = pending[1:]
		one, exists := t.Packages[dir]
		if !exists || found[dir] {
			continue
		}
		found[dir] = true
		pending = append(pending, one.Imports...)
	}
	return found
}
