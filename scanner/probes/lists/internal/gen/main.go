// SPDX-License-Identifier: Apache-2.0

// Command gen reduces the lists published by CISA and endoflife.date to the
// fields the product reads, so that they can be embedded. It fetches nothing:
//
//	go run ./scanner/probes/lists/internal/gen KEV.json >data/kev.json
//	go run ./scanner/probes/lists/internal/gen full.json >data/endoflife.json
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// kept are the fields of both files that are read, at any depth.
var kept = map[string]bool{
	"title": true, "catalogVersion": true, "dateReleased": true, "count": true, "vulnerabilities": true,
	"cveID": true, "vendorProject": true, "product": true, "dateAdded": true, "knownRansomwareCampaignUse": true,
	"schema_version": true, "generated_at": true, "total": true, "result": true,
	"name": true, "releases": true, "isEol": true, "eolFrom": true, "eoesFrom": true, "latest": true, "date": true,
}

func main() {
	if err := reduce(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func reduce(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("name one published list")
	}
	data, err := os.ReadFile(args[0]) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	var list any
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(prune(list))
}

// prune drops what is not kept.
func prune(value any) any {
	switch v := value.(type) {
	case map[string]any:
		left := map[string]any{}
		for name, field := range v {
			if kept[name] {
				left[name] = prune(field)
			}
		}
		return left
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return value
}
