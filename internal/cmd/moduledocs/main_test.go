package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const moduleCode = `
terraform {
  required_version = ">= 1.11.0"
  required_providers {
    kafka = {
      source  = "kafka-mesos/kafka"
      version = ">= 0.1.0"
    }
  }
}
variable "size" {
  description = "How many | how large."
  type        = number
  default     = 3
}
variable "name" {
  description = "Its name."
  type        = string
}
variable "storage" {
  description = "Where."
  type = object({
    kind = optional(string, "root")
    size = number
  })
  default = null
}
resource "kafka_topic" "this" {}
module "other" {
  source = "../other"
}
output "id" {
  description = "The id."
  value       = kafka_topic.this.id
}
`

const page = `# A module

By hand.

<!-- Generated from the module's code by internal/cmd/moduledocs: do not edit below. -->

## Requirements

| Name | Version |
| --- | --- |
| Terraform or OpenTofu | ` + "`>= 1.11.0`" + ` |
| ` + "`kafka-mesos/kafka` | `>= 0.1.0`" + ` |

## Contents

| Name | Kind |
| --- | --- |
| ` + "`kafka_topic.this`" + ` | resource |
| ` + "`module.other` | [`../other`](../other)" + ` |

## Inputs

| Name | Description | Type | Default |
| --- | --- | --- | --- |
| ` + "`name` | Its name. | `string`" + ` | required |
| ` + "`size` | How many \\| how large. | `number` | `3`" + ` |
| ` + "`storage` | Where. | `object({ kind = optional(string, \"root\"), size = number })` | `null`" + ` |

## Outputs

| Name | Description |
| --- | --- |
| ` + "`id`" + ` | The id. |
`

func module(t *testing.T, tf, readme string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.tf": tf, "README.md": readme} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t *testing.T, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestWritesBelowTheMarkerAndChecks(t *testing.T) {
	dir := module(t, moduleCode, "# A module\n\nBy hand.\n")
	if err := run(context.Background(), true, []string{dir}); err == nil || read(t, dir) != "# A module\n\nBy hand.\n" {
		t.Fatalf("-check accepts an old README, or changes it: %v", err)
	}
	for range 2 { // the second time there is a marker to find
		if err := run(context.Background(), false, []string{dir}); err != nil {
			t.Fatal(err)
		}
		if got := read(t, dir); got != page {
			t.Fatalf("got\n%s\nwant\n%s", got, page)
		}
	}
	if err := run(context.Background(), true, []string{dir}); err != nil {
		t.Errorf("-check refuses what was just written: %v", err)
	}
}

func TestRefusesWhatIsNotDescribed(t *testing.T) {
	cases := map[string]struct{ tf, readme, says string }{
		"variable without description": {"variable \"x\" {\n  type = string\n}\n", "# M\n", `variable "x"`},
		"variable without type":        {"variable \"x\" {\n  description = \"X.\"\n}\n", "# M\n", `variable "x"`},
		"output without description":   {"output \"x\" {\n  value = 1\n}\n", "# M\n", `output "x"`},
		"README without head":          {"variable \"x\" {\n  type = string\n  description = \"X.\"\n}\n", marker + "\n", "no head"},
		"broken code":                  {"variable {", "# M\n", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := run(context.Background(), false, []string{module(t, c.tf, c.readme)})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}
