// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// agentsBody is the agents that may speak, and those still to come.
type agentsBody struct {
	Agents []agentRow
	Tokens []tokenRow
	Sites  []scanner.Establishment
}

type agentRow struct {
	store.Agent
	Site    scanner.Establishment
	Active  bool
	Expired bool
	Chain   store.Chain // what is odd in the numbers of its bundles
	// Disputed counts what it claims and the region does not conclude.
	Disputed int
}

type tokenRow struct {
	store.EnrolToken
	Site scanner.Establishment
}

func (s *Server) agentList(v *visit) (err error) {
	var body agentsBody
	if body.Sites, err = s.store.Establishments(v.Context(), v.scope()); err != nil {
		return err
	}
	agents, err := s.store.Agents(v.Context(), v.scope())
	if err != nil {
		return err
	}
	chains, err := s.store.Chains(v.Context(), v.scope(), "")
	if err != nil {
		return err
	}
	disputed, err := s.store.Disagreements(v.Context(), v.scope(), "")
	if err != nil {
		return err
	}
	tokens, err := s.store.WaitingTokens(v.Context(), v.scope(), time.Now())
	if err != nil {
		return err
	}
	body.fill(agents, chains, disputed, tokens)
	return v.show("agents", body)
}

func (b *agentsBody) fill(agents []store.Agent, chains []store.Chain, disputed []store.Disagreement, tokens []store.EnrolToken) {
	named := map[scanner.FINESS]scanner.Establishment{}
	for _, site := range b.Sites {
		named[site.FINESS] = site
	}
	odd := map[string]store.Chain{}
	for _, c := range chains {
		odd[c.AgentID] = c
	}
	claims := map[string]int{}
	for _, d := range disputed {
		claims[d.AgentID]++
	}
	for _, a := range agents {
		b.Agents = append(b.Agents, agentRow{a, named[a.FINESS], a.State == store.AgentActive, time.Now().After(a.NotAfter), odd[a.ID], claims[a.ID]})
	}
	for _, t := range tokens {
		b.Tokens = append(b.Tokens, tokenRow{t, named[t.FINESS]})
	}
}
