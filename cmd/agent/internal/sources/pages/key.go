// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// key is one key of a section, with the keys below it.
type key struct {
	settings.Key
	name  string // as written in the file
	path  string // below its section, as documented; empty for a section of one value
	kind  scanner.Text
	list  bool // of what the keys below describe
	below []key
}

// keysOf lists the keys of a section in the order of its struct. A section of one
// value has one key, without a path.
func keysOf(d config.Documented) []key {
	t := reflect.TypeOf(d.Value)
	if inner := structIn(t); inner != nil {
		return fieldsOf(inner, "", d.Keys)
	}
	return []key{{Key: d.Keys[""], name: d.Name, kind: kindOf(t)}}
}

func fieldsOf(t reflect.Type, above string, documented settings.Keys) []key {
	var keys []key
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		path := strings.TrimPrefix(above+"."+name, ".")
		k := key{Key: documented[path], name: name, path: path, kind: kindOf(field.Type), list: field.Type.Kind() == reflect.Slice}
		if inner := structIn(field.Type); inner != nil {
			k.below = fieldsOf(inner, path, documented)
		}
		keys = append(keys, k)
	}
	return keys
}

// columnsOf lists the columns of a CSV, or the keys of a YAML file, that a person
// writes.
func columnsOf(m settings.Model) []key {
	if m.Value != nil {
		return keysOf(config.Documented{Section: settings.Section{Name: m.Name, Keys: m.Keys}, Value: m.Value})
	}
	var keys []key
	for _, column := range m.Columns {
		keys = append(keys, key{Key: m.Keys[column], name: column, path: column, kind: kindOf(reflect.TypeFor[string]())})
	}
	return keys
}

// structIn is the struct a type holds, or lists; nil when it holds single values.
func structIn(t reflect.Type) reflect.Type {
	if t = written(t); t.Kind() == reflect.Slice {
		t = written(t.Elem())
	}
	if t.Kind() != reflect.Struct || isText(t) {
		return nil
	}
	return t
}

// written is the type of what stands in a file: behind a pointer, or first in a
// struct without keys, which keeps a value with its line.
func written(t reflect.Type) reflect.Type {
	hasKey := func(f reflect.StructField) bool { return f.Tag.Get("yaml") != "" }
	switch {
	case t.Kind() == reflect.Pointer:
		return written(t.Elem())
	case t.Kind() == reflect.Struct && !isText(t) && !slices.ContainsFunc(slices.Collect(t.Fields()), hasKey):
		return written(t.Field(0).Type)
	}
	return t
}

// isText tells the structs that are written as one word: an address, a date.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// kindOf is how a value is written, in words.
func kindOf(t reflect.Type) scanner.Text {
	t = written(t)
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return scanner.Text{FR: "durée avec son unité (30s, 10m, 24h)", EN: "duration with its unit (30s, 10m, 24h)"}
	case t == reflect.TypeFor[settings.Day]():
		return scanner.Text{FR: "date (2026-03-14), un jour entier à l'heure de Paris", EN: "date (2026-03-14), a whole day, Paris time"}
	case t.Kind() == reflect.Slice && structIn(t) != nil:
		return scanner.Text{FR: "liste de groupes de clés", EN: "list of groups of keys"}
	case t.Kind() == reflect.Slice:
		inner := kindOf(t.Elem())
		return scanner.Text{FR: "liste : " + inner.FR, EN: "list: " + inner.EN}
	case structIn(t) != nil:
		return scanner.Text{FR: "groupe de clés", EN: "group of keys"}
	}
	switch t.Kind() { //nolint:exhaustive // the others are written as texts
	case reflect.Bool:
		return scanner.Text{FR: "true ou false", EN: "true or false"}
	case reflect.Int, reflect.Int64, reflect.Uint32:
		return scanner.Text{FR: "nombre entier", EN: "whole number"}
	case reflect.Float64:
		return scanner.Text{FR: "nombre", EN: "number"}
	}
	return scanner.Text{FR: "texte", EN: "text"}
}
