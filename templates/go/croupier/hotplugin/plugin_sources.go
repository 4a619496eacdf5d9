package hotplugin

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.com/game-server/croupier/internal/sources"
	"example.com/game-server/croupier/service"
)

// pluginSources are the sources of one plugin: copies of packages under import paths of their own, since the program has the packages under
// theirs, and a main package that hands out their functions.
type pluginSources struct {
	request service.LoadRequest
	// dir is the plugin's folder, absolute.
	dir string
}

func (p *pluginSources) write() error {
	for dir, isCopied := range p.request.Copied {
		if !isCopied {
			continue
		}
		if err := p.copyPackage(dir); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(p.dir, "main.go"), []byte(p.main()), 0o644)
}

func (p *pluginSources) main() string {
	var imports, functions strings.Builder
	for i, dir := range p.request.Packages {
		fmt.Fprintf(&imports, "\tp%d %q\n", i, p.importPath(dir))
		fmt.Fprintf(&functions, "\t%q: p%d.%s,\n", dir, i, sources.EntryPoint)
	}
	return fmt.Sprintf("package main\n\nimport (\n%s)\n\nvar %s = map[string]any{\n%s}\n\nfunc main() {}\n", &imports, modules, &functions)
}

// importPath is that of a package inside of the plugin.
func (p *pluginSources) importPath(dir string) string {
	if !p.request.Copied[dir] {
		return path.Join(p.request.Tree.ImportPath, dir)
	}
	below, err := filepath.Rel(p.request.Tree.Project, p.dir)
	if err != nil {
		return dir
	}
	return path.Join(p.request.Tree.ImportPath, filepath.ToSlash(below), dir)
}

// copyPackage copies the files of a package, and folders below it that hold no package: they may be embedded.
func (p *pluginSources) copyPackage(dir string) error {
	root := filepath.Join(p.request.Tree.Project, filepath.FromSlash(dir))
	return filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(p.request.Tree.Project, file)
		if err != nil {
			return err
		}
		to := filepath.Join(p.dir, below)
		switch {
		case entry.IsDir() && p.isOther(filepath.ToSlash(below), dir):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(to, 0o755)
		case !entry.Type().IsRegular() || strings.HasSuffix(entry.Name(), "_test.go"):
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if sources.IsSource(entry.Name()) {
			content = p.rewrite(file, content)
		}
		return os.WriteFile(to, content, 0o644)
	})
}

// isOther: a folder below the package that is a package itself.
func (p *pluginSources) isOther(folder, dir string) bool {
	_, isPackage := p.request.Tree.Packages[folder]
	return folder != dir && isPackage
}

// rewrite lets a file import the copies of packages, and lets the compiler and stack traces tell of the file as it is known.
func (p *pluginSources) rewrite(file string, content []byte) []byte {
	set := token.NewFileSet()
	parsed, _ := parser.ParseFile(set, file, content, parser.ImportsOnly)
	if parsed == nil {
		return content
	}
	// From the end, so that what comes before keeps its place.
	for _, one := range slices.Backward(parsed.Imports) {
		imported, err := strconv.Unquote(one.Path.Value)
		if err != nil {
			continue
		}
		dir, isOurs := strings.CutPrefix(imported, p.request.Tree.ImportPath+"/")
		if !isOurs || !p.request.Copied[dir] {
			continue
		}
		from, to := set.Position(one.Path.Pos()).Offset, set.Position(one.Path.End()).Offset
		content = slices.Concat(content[:from], []byte(strconv.Quote(p.importPath(dir))), content[to:])
	}
	return bytes.Join([][]byte{[]byte("//line " + file + ":1\n"), content}, nil)
}
