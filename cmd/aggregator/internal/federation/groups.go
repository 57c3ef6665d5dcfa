// SPDX-License-Identifier: Apache-2.0

package federation

import (
	"fmt"
	"strings"
	"time"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
)

// ParseGroups reads what groups may do as a person writes it, such as
// "crrc-analystes = analyst @ region; chu-rssi = rssi @ site:690000013".
func ParseGroups(text string) (map[string][]Role, error) {
	groups := map[string][]Role{}
	for line := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		group, rest, written := strings.Cut(line, "=")
		role, at, placed := strings.Cut(rest, "@")
		group = strings.TrimSpace(group)
		if !written || !placed || group == "" {
			return nil, fmt.Errorf("%q is not GROUP = ROLE @ PLACE", strings.TrimSpace(line))
		}
		kind, place, err := access.ParsePlace(at)
		if err != nil {
			return nil, err
		}
		r := Role{strings.TrimSpace(role), kind, place}
		// What a group gives ends by itself, with the day of its members.
		err = access.Check(store.Binding{Role: r.Role, Kind: kind, Place: place, ExpiresAt: time.Now().Add(time.Hour)})
		if err != nil {
			return nil, fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
		groups[group] = append(groups[group], r)
	}
	return groups, nil
}

// ParseList reads values with commas between.
func ParseList(text string) (list []string) {
	for value := range strings.SplitSeq(text, ",") {
		if value = strings.TrimSpace(value); value != "" {
			list = append(list, value)
		}
	}
	return list
}
