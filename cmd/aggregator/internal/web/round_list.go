// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// roundRow is a round, how it last ended, and when it comes next.
type roundRow struct {
	Title scanner.Text
	store.Round
	Next time.Time
}

func (s *Server) roundList(v *visit) error {
	known, err := s.store.Rounds(v.Context(), v.scope())
	if err != nil {
		return err
	}
	now := time.Now()
	rows := make([]roundRow, 0, len(s.settings.Rounds))
	for _, r := range s.settings.Rounds {
		rows = append(rows, roundRow{r.Title.Typeset(), known[r.Name], r.Next(now)})
	}
	return v.show("rounds", rows)
}
