// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

const exampleFile = "../../../../docs/agent.example.yaml"

func TestExampleLoads(t *testing.T) {
	c, err := Load(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestExampleNamesEveryKey(t *testing.T) {
	raw, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(reflect.TypeFor[Config]()) {
		if !strings.Contains(string(raw), key+":") {
			t.Errorf("docs/agent.example.yaml does not show the key %q", key)
		}
	}
}

func keys(t reflect.Type) []string {
	var list []string
	for field := range t.Fields() {
		list = append(list, field.Tag.Get("yaml"))
		inner := field.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.PkgPath() == t.PkgPath() {
			list = append(list, keys(inner)...)
		}
	}
	return list
}
