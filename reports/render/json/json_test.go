// SPDX-License-Identifier: Apache-2.0

package json_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"carescan/reports"
	"carescan/reports/internal/example"
	"carescan/reports/internal/golden"
	"carescan/reports/render/json"
	"carescan/scanner"
)

func document(t *testing.T) reports.Document {
	t.Helper()
	d, _, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, d reports.Document) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Write(&out, d, scanner.French); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// validate holds a document against the published schema.
func validate(t *testing.T, raw []byte) error {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "..", "docs", "schema", "report-1.json"))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestWrite(t *testing.T) {
	raw := write(t, document(t))
	golden.Check(t, "report.json", raw)
	if err := validate(t, raw); err != nil {
		t.Error(err)
	}
}

func TestEmptyRunIsValidToo(t *testing.T) {
	full := document(t).Run
	d := reports.Document{Now: example.At, Run: scanner.Run{
		Schema: full.Schema, ID: full.ID, Establishment: full.Establishment, Scope: scanner.Scope{Authorisation: full.Scope.Authorisation},
		Vantage: full.Vantage, Profile: full.Profile, Software: full.Software, Started: full.Started, Ended: full.Ended, Status: scanner.RunFailed,
	}}
	if err := validate(t, write(t, d)); err != nil {
		t.Error(err)
	}
}

func TestSchemaIsStrict(t *testing.T) {
	good := string(write(t, document(t)))
	cases := map[string][2]string{
		"unknown-field":   {`"schema": "carescan.report/1",`, `"schema": "carescan.report/1", "names": {},`},
		"unknown-schema":  {`carescan.report/1`, `carescan.report/2`},
		"unknown-outcome": {`"outcome": "fail"`, `"outcome": "failed"`},
		"unknown-state":   {`"state": "satisfied"`, `"state": "ok"`},
		"field-in-run":    {`"vantage": "internet",`, `"vantage": "internet", "names": {},`},
	}
	for name, c := range cases {
		if validate(t, []byte(strings.Replace(good, c[0], c[1], 1))) == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}

func TestNoNameIsWritten(t *testing.T) {
	d := document(t)
	raw := write(t, d)
	for _, name := range d.Names {
		if bytes.Contains(raw, []byte(name)) {
			t.Errorf("%q is in the document", name)
		}
	}
}
