// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"carescan/reports/bundle"
	"carescan/reports/internal/example"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestTwoReadingsAreRefused writes a good bundle otherwise: each text is one that some
// reader takes for another.
func TestTwoReadingsAreRefused(t *testing.T) {
	good := string(plain(t, seal(t, example.Bundle())))
	cases := map[string][2]string{
		"outcome-twice":        {`"outcome":"fail"`, `"outcome":"pass","outcome":"fail"`},
		"outcome-in-capitals":  {`"outcome":"fail"`, `"outcome":"fail","OUTCOME":"pass"`},
		"only-in-capitals":     {`"outcome":"fail"`, `"Outcome":"fail"`},
		"escaped-capital":      {`"outcome":"fail"`, `"outcome":"fail","\u004futcome":"pass"`},
		"escaped-twice":        {`"outcome":"fail"`, `"outcome":"pass","\u006futcome":"fail"`},
		"long-s":               {`"status":"completed"`, `"status":"completed","ſtatus":"error"`},
		"kelvin":               {`"kind":"domain"`, `"kind":"domain","Kind":"site"`},
		"spaces-before-colon":  {`"outcome":"fail"`, "\"outcome\":\"pass\",\"outcome\"\n\t :\"fail\""},
		"header-twice":         {`{"header":`, `{"header":{},"header":`},
		"run-in-capitals":      {`"run":`, `"RUN":{},"run":`},
		"unknown-field-twice":  {`"outcome":"fail"`, `"new":1,"new":2,"outcome":"fail"`},
		"unknown-other-case":   {`"outcome":"fail"`, `"x-new":1,"X-New":2,"outcome":"fail"`},
		"twice-after-an-list":  {`"controls":[`, `"schema":"other","controls":[`},
		"values-twice":         {`"values":{`, `"values":{"n":"1","n":"2",`},
		"target-of-observed":   {`"target":{"kind":`, `"target":{"kind":"site","kind":`},
		"fact-in-capitals":     {`"fact":{`, `"fact":{"Name":"autre.test",`},
		"fact-twice-in-fact":   {`"fact":{`, `"fact":{"name":"chu.test","name":"autre.test",`},
		"two-facts":            {`"fact":{`, `"fact":{},"fact":{`},
		"digest-of-artifact":   {`"ref":{`, `"ref":{"digest":"",`},
		"seal-time-twice":      {`"sealed_at":`, `"sealed_at":"2020-01-01T00:00:00Z","sealed_at":`},
		"sequence-in-capitals": {`"seq":`, `"SEQ":7,"seq":`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good, c[0], c[1], 1)
			if text == good {
				t.Fatalf("the bundle holds no %s", c[0])
			}
			_, err := bundle.Open(sealFrame(t, frame(t, []byte(text))), bundle.Options{})
			wantPart(t, err, "run")
			if !strings.Contains(err.Error(), "name") {
				t.Errorf("refused for something else: %v", err)
			}
		})
	}
}

// TestNamesThatPass are those of maps, whose keys are no field.
func TestNamesThatPass(t *testing.T) {
	for _, text := range []string{
		`{"versions":{"SSL 2.0":{},"SSL 3.0":{},"1.2":{}},"suites":{"1.2":[]}}`, `{"declared":{"vpn.CHU.test:443":{}}}`,
		`[{"a":1},{"a":1}]`, `{"a":{"a":{"a":"a\":\"a"}},"b":"\\","c":"\\\""}`, `{"a":"b","b":"a"}`, `{}`, `[]`, `"a"`, ``,
	} {
		if err := bundle.CheckText([]byte(text), 100); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

var fieldName = regexp.MustCompile(`^[a-z0-9_]+$`)

// TestFieldsAreInSmallLetters holds what the rule of names rests on.
func TestFieldsAreInSmallLetters(t *testing.T) {
	known := map[reflect.Type]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		switch of.Kind() { //nolint:exhaustive // the other kinds hold no field
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			walk(of.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if known[of] || !strings.HasPrefix(of.PkgPath(), "carescan/") {
			return
		}
		known[of] = true
		for f := range of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "-" && f.IsExported() && !f.Anonymous && !fieldName.MatchString(name) {
				t.Errorf("%s.%s is called %q in JSON", of, f.Name, name)
			}
			if name != "-" {
				walk(f.Type)
			}
		}
	}
	for _, of := range []any{
		bundle.Header{},
		scanner.Run{},
		scanner.ArtifactRef{},
		fact.Accounts{},
		fact.Attestations{},
		fact.DNSSEC{},
		fact.Delegation{},
		fact.Directory{},
		fact.History{},
		fact.HostServices{},
		fact.Hosting{},
		fact.Inventory{},
		fact.MailPolicy{},
		fact.MailServers{},
		fact.Products{},
		fact.Recursion{},
		fact.Registration{},
		fact.Source{},
		fact.TLS{},
		fact.Templates{},
		fact.Transfer{},
		fact.Web{},
		fact.Zone{},
	} {
		walk(reflect.TypeOf(of))
	}
	if len(known) < 60 {
		t.Errorf("%d types were looked at", len(known))
	}
}

// reading is what a reader makes of a text.
type reading struct {
	Result string   `json:"result"`
	Key    string   `json:"key"`
	In     *reading `json:"in"`
}

// FuzzOneReading compares encoding/json with a reader for which "Result" is not "result":
// what is accepted, they understand alike.
func FuzzOneReading(f *testing.F) {
	f.Add([]byte(`{"result":"a","in":{"key":"b"}}`))
	f.Add([]byte(`{"result":"a","Result":"b"}`))
	f.Add([]byte(`{"\u0072esult":"a","in":{"\u212aey":"b"}}`))
	f.Add([]byte(`{"in":{"key":"b","key":"c"}}`))
	f.Add([]byte(`{"in":{"key":"\\"},"result":"\\\""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var ours reading
		var exact map[string]any
		if bundle.CheckText(text, 1<<20) != nil || json.Unmarshal(text, &ours) != nil || json.Unmarshal(text, &exact) != nil {
			return
		}
		if bytes.Contains(text, []byte("null")) {
			return // it sets nothing
		}
		sameReading(t, text, &ours, exact)
	})
}

func sameReading(t *testing.T, text []byte, ours *reading, exact map[string]any) {
	t.Helper()
	result, _ := exact["result"].(string)
	key, _ := exact["key"].(string)
	if ours.Result != result || ours.Key != key {
		t.Fatalf("%s reads as %+v, or as %v", text, ours, exact)
	}
	in, _ := exact["in"].(map[string]any)
	if (ours.In == nil) != (in == nil) {
		t.Fatalf("%s reads as %+v, or as %v", text, ours, exact)
	}
	if in != nil {
		sameReading(t, text, ours.In, in)
	}
}
