package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-config-inspect/tfconfig"
)

// marker divides what is written by hand from what is generated.
const marker = "<!-- Generated from the module's code by internal/cmd/moduledocs: do not edit below. -->"

// render gives the README with everything below the marker made anew; a README without one gets it at its end.
func render(dir, readme string) (string, error) {
	module, diags := tfconfig.LoadModule(dir)
	if diags.HasErrors() {
		return "", diags.Err()
	}
	head, _, _ := strings.Cut(readme, marker)
	if strings.TrimSpace(head) == "" {
		return "", fmt.Errorf("the README has no head: say what the module is for above the line %q", marker)
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(head, "\n") + "\n\n" + marker + "\n")
	for _, section := range []func(*strings.Builder, *tfconfig.Module) error{requirements, contents, inputs, outputs} {
		if err := section(&b, module); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func requirements(b *strings.Builder, m *tfconfig.Module) error {
	rows := [][]string{}
	for _, version := range m.RequiredCore {
		rows = append(rows, []string{"Terraform or OpenTofu", code(version)})
	}
	for _, name := range sorted(m.RequiredProviders) {
		p := m.RequiredProviders[name]
		rows = append(rows, []string{code(cmp.Or(p.Source, name)), code(strings.Join(p.VersionConstraints, ", "))})
	}
	table(b, "Requirements", []string{"Name", "Version"}, rows)
	return nil
}

func contents(b *strings.Builder, m *tfconfig.Module) error {
	var rows [][]string
	for _, name := range sorted(m.ManagedResources) {
		rows = append(rows, []string{code(name), "resource"})
	}
	for _, name := range sorted(m.DataResources) {
		rows = append(rows, []string{code(name), "data source"})
	}
	for _, name := range sorted(m.ModuleCalls) {
		source := m.ModuleCalls[name].Source
		text := code(source)
		if strings.HasPrefix(source, ".") {
			text = "[" + code(source) + "](" + source + ")"
		}
		rows = append(rows, []string{code("module." + name), text})
	}
	table(b, "Contents", []string{"Name", "Kind"}, rows)
	return nil
}

// inputs lists required variables first, then the others, each in the order of the code.
func inputs(b *strings.Builder, m *tfconfig.Module) error {
	variables := make([]*tfconfig.Variable, 0, len(m.Variables))
	for _, v := range m.Variables {
		if v.Description == "" || v.Type == "" {
			return fmt.Errorf("variable %q needs a type and a description", v.Name)
		}
		variables = append(variables, v)
	}
	slices.SortFunc(variables, func(a, c *tfconfig.Variable) int {
		if a.Required != c.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		return position(a.Pos, c.Pos)
	})
	rows := make([][]string, 0, len(variables))
	for _, v := range variables {
		byDefault := "required"
		if !v.Required {
			raw, err := json.Marshal(v.Default)
			if err != nil {
				return fmt.Errorf("default of variable %q: %w", v.Name, err)
			}
			byDefault = code(string(raw))
		}
		rows = append(rows, []string{code(v.Name), v.Description, code(oneLine(v.Type)), byDefault})
	}
	table(b, "Inputs", []string{"Name", "Description", "Type", "Default"}, rows)
	return nil
}

func outputs(b *strings.Builder, m *tfconfig.Module) error {
	list := make([]*tfconfig.Output, 0, len(m.Outputs))
	for _, o := range m.Outputs {
		if o.Description == "" {
			return fmt.Errorf("output %q needs a description", o.Name)
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, c *tfconfig.Output) int { return position(a.Pos, c.Pos) })
	rows := make([][]string, 0, len(list))
	for _, o := range list {
		rows = append(rows, []string{code(o.Name), o.Description})
	}
	table(b, "Outputs", []string{"Name", "Description"}, rows)
	return nil
}

func position(a, b tfconfig.SourcePos) int {
	return cmp.Or(cmp.Compare(a.Filename, b.Filename), cmp.Compare(a.Line, b.Line))
}

func table(b *strings.Builder, title string, head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n| %s |\n|%s\n", title, strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.ReplaceAll(cell, "|", "\\|")
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// oneLine writes a type over one line: table cells have no other.
func oneLine(source string) string {
	lines := strings.Split(source, "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	s := lines[0]
	for i := 1; i < len(lines); i++ {
		switch {
		case lines[i] == "":
		case strings.HasSuffix(s, "{"), strings.HasPrefix(lines[i], "}"):
			s += " " + lines[i]
		default:
			s += ", " + lines[i]
		}
	}
	return s
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
