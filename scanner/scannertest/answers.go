// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"encoding/json"
	"testing"
)

// DNSAnswer is one answer of the public vectors, with its header as their maker
// read it.
type DNSAnswer struct {
	Name   string `json:"qname"`
	Type   uint16 `json:"qtype"`
	Code   int    `json:"rcode"`
	Flags  string `json:"flags"`  // second word of the header, in hexadecimal
	Counts [4]int `json:"counts"` // records of each section
	File   string `json:"file"`   // of the suite it comes from
	Wire   []byte `json:"wire"`
}

// DNSAnswers reads the public vectors of DNS: answers of real servers, and of a test
// suite that plays broken ones.
func DNSAnswers(t testing.TB) (list []DNSAnswer) {
	t.Helper()
	for i, line := range bytes.Split(bytes.TrimSpace(Vectors(t, "dns/answers.jsonl")), []byte("\n")) {
		var a DNSAnswer
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("answer %d: %v", i+1, err)
		}
		list = append(list, a)
	}
	return list
}
