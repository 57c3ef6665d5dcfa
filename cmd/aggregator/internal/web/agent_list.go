// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"time"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// agentsBody is the agents that may speak, and those still to come.
type agentsBody struct {
	Agents []agentRow
	Tokens []tokenRow
	Sites  []scanner.Establishment
	Odd    []oddRow // of the last month, newest first
	// Approve tells that the region has every agent wait for approval.
	Approve bool
}

type agentRow struct {
	store.Agent
	Site    scanner.Establishment
	Silent  bool
	Expired bool
	Chain   store.Chain // what is odd in the numbers of its bundles
	// Disputed counts what it claims and the region does not conclude.
	Disputed int
	Odd      []store.Oddity // the newest of each kind
}

type oddRow struct {
	store.Oddity
	Site scanner.Establishment
}

const oddShown = 200

type tokenRow struct {
	store.EnrolToken
	Site scanner.Establishment
}

func (s *Server) agentList(v *visit) (err error) {
	body := agentsBody{Approve: s.settings.Approve}
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
	odd, err := s.store.Oddities(v.Context(), v.scope(), "", time.Now().Add(-store.OddSince), oddShown)
	if err != nil {
		return err
	}
	tokens, err := s.store.WaitingTokens(v.Context(), v.scope(), time.Now())
	if err != nil {
		return err
	}
	body.fill(agents, chains, disputed, tokens)
	body.fillOdd(odd)
	return v.show("agents", body)
}

func (b *agentsBody) fill(agents []store.Agent, chains []store.Chain, disputed []store.Disagreement, tokens []store.EnrolToken) {
	named := map[scanner.FINESS]scanner.Establishment{}
	for _, site := range b.Sites {
		named[site.FINESS] = site
	}
	numbers := map[string]store.Chain{}
	for _, c := range chains {
		numbers[c.AgentID] = c
	}
	claims := map[string]int{}
	for _, d := range disputed {
		claims[d.AgentID]++
	}
	for _, a := range agents {
		b.Agents = append(b.Agents, agentRow{
			Agent: a, Site: named[a.FINESS], Silent: a.State == store.AgentActive && a.Pulse.Silent(time.Now()), Expired: time.Now().After(a.NotAfter),
			Chain: numbers[a.ID], Disputed: claims[a.ID],
		})
	}
	for _, t := range tokens {
		b.Tokens = append(b.Tokens, tokenRow{t, named[t.FINESS]})
	}
}

// fillOdd lists what was odd, and gives each agent the newest of each kind.
func (b *agentsBody) fillOdd(list []store.Oddity) {
	for _, o := range list {
		at := slices.IndexFunc(b.Agents, func(a agentRow) bool { return a.ID == o.AgentID })
		if at >= 0 {
			b.Odd = append(b.Odd, oddRow{o, b.Agents[at].Site})
		}
	}
	for _, o := range store.Newest(list) {
		if at := slices.IndexFunc(b.Agents, func(a agentRow) bool { return a.ID == o.AgentID }); at >= 0 {
			b.Agents[at].Odd = append(b.Agents[at].Odd, o)
		}
	}
}
