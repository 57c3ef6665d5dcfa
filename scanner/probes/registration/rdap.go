// SPDX-License-Identifier: Apache-2.0

package registration

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"carescan/scanner"
)

// Record is what is kept of an RDAP domain object (RFC 9083 section 5.3).
type Record struct {
	Name    string     // in ASCII, lower case
	Expires *time.Time // nil when the registry does not tell
	Status  []string   // sorted, without repetition
}

// domainObject names the members that are read; all others, people among them,
// are not even decoded.
type domainObject struct {
	Class  string   `json:"objectClassName"`
	Name   string   `json:"ldhName"`
	Status []string `json:"status"`
	Events []struct {
		Action string `json:"eventAction"`
		Date   string `json:"eventDate"`
	} `json:"events"`
}

// badAnswer is for what is no answer to the question.
func badAnswer(err error) error { return scanner.NotSeen(scanner.CauseBadAnswer, nil, err) }

var errNotDomain = badAnswer(errors.New("the answer is not a domain of RFC 9083"))

// ParseDomain reads an RDAP answer about a domain.
func ParseDomain(raw []byte) (Record, error) {
	var object domainObject
	if err := json.Unmarshal(raw, &object); err != nil {
		return Record{}, badAnswer(fmt.Errorf("read RDAP answer: %w", err))
	}
	if object.Class != "domain" || object.Name == "" {
		return Record{}, errNotDomain
	}
	record := Record{Name: scanner.CanonicalName(object.Name), Status: statuses(object.Status)}
	for _, event := range object.Events {
		at, ok := parseDate(event.Date)
		if event.Action == "expiration" && ok && (record.Expires == nil || at.Before(*record.Expires)) {
			record.Expires = &at
		}
	}
	return record, nil
}

// parseDate reads a date of RFC 3339, within the years that can be written again.
func parseDate(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	at = at.UTC()
	return at, err == nil && at.Year() > 0 && at.Year() < 10_000
}

// statuses keeps the codes that have a registered meaning: free text could hold
// anything.
func statuses(told []string) []string {
	var kept []string
	for _, status := range told {
		if status = strings.ToLower(status); slices.Contains(knownStatuses, status) {
			kept = append(kept, status)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// knownStatuses are the status codes of domains (RFC 9083 section 10.2.2, RFC 8056
// section 2).
var knownStatuses = []string{
	"active", "add period", "administrative", "associated", "auto renew period", "client delete prohibited", "client hold",
	"client renew prohibited", "client transfer prohibited", "client update prohibited", "delete prohibited", "inactive",
	"locked", "pending create", "pending delete", "pending renew", "pending restore", "pending transfer", "pending update",
	"redemption period", "renew period", "renew prohibited", "reserved", "server delete prohibited", "server hold",
	"server renew prohibited", "server transfer prohibited", "server update prohibited", "transfer period",
	"transfer prohibited", "update prohibited", "validated",
}
