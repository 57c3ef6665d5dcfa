// SPDX-License-Identifier: Apache-2.0

// Package settings is what the parts of a configuration say of themselves
// (their keys, in both languages), the strict reader that brings a YAML file
// into their structs, and what is wrong in a file, with its place.
//
// The kind of a value comes from its key and never from the way it is written: a
// text keeps the letters that stand in the file (04 stays "04"), and quotes change
// nothing. What could mean two things is refused with the way to write it.
package settings

import (
	"reflect"
	"strings"

	"carescan/scanner"
)

// Key documents one key of a settings struct, one line in each language, with its
// unit where it has one.
type Key struct {
	FR, EN  string
	Default string // as written in YAML; empty when there is none
	Example string // as written in YAML, for the example file
	Needed  bool   // its absence is a fault
}

// Keys documents a settings struct: the dotted path of its yaml tags ("columns.word")
// gives the key. A test holds keys and struct together, with Paths.
type Keys map[string]Key

// Section is one top-level key of a configuration, owned by the package that
// obeys it.
type Section struct {
	Name string       // key in the file
	Is   scanner.Text // what it is for, in one or two sentences
	Keys Keys
	// Model is the file that a person writes for it; nil when there is none.
	Model *Model
}

// Paths lists the keys of a settings struct that hold a value, dotted, in the
// order of its fields. What stands in a list has the path of the list.
func Paths(value any) []string { return paths(reflect.TypeOf(value)) }

func paths(t reflect.Type) []string {
	var list []string
	for _, f := range fieldsOf(structIn(t)) {
		below := paths(f.Type)
		if len(below) == 0 {
			list = append(list, f.key)
		}
		for _, path := range below {
			list = append(list, f.key+"."+path)
		}
	}
	return list
}

// structIn is the struct that stands in a type, behind pointers and in lists, or
// nil where a single value does.
func structIn(t reflect.Type) reflect.Type {
	for t != nil {
		switch {
		case isScalar(t):
			return nil
		case t.Kind() == reflect.Struct:
			return t
		case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Map:
			t = t.Elem()
		default:
			return nil
		}
	}
	return nil
}

// field is one key of a settings struct.
type field struct {
	reflect.StructField
	key string
}

// fieldsOf lists the fields that have a yaml tag; those of a struct tagged
// ",inline" are its holder's.
func fieldsOf(t reflect.Type) []field {
	if t == nil {
		return nil
	}
	var list []field
	for f := range t.Fields() {
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			for _, below := range fieldsOf(f.Type) {
				below.Index = append(append([]int(nil), f.Index...), below.Index...)
				list = append(list, below)
			}
		case name != "" && name != "-" && f.IsExported():
			list = append(list, field{f, name})
		}
	}
	return list
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for _, f := range fieldsOf(t) {
		keys = append(keys, f.key)
	}
	return keys
}
