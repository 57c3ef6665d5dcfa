// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// putBundle receives a bundle: 201 once it is durable, 200 with the same
// receipt when it already was.
func (s *Server) putBundle(w http.ResponseWriter, r *http.Request) error {
	from, err := s.identify(r, toDeliver)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return malformed(errors.New("the name of the bundle is not a UUID"))
	}
	done, err := s.awaitTurn(w, r, from.AgentID)
	if err != nil {
		return err
	}
	defer done()
	raw, release, err := s.receive(w, r)
	if err != nil {
		return err
	}
	defer release()
	receipt, status, err := s.keep(w, r, from, id.String(), raw)
	if err != nil {
		return err
	}
	s.log.Info("bundle received", "bundle", id, "agent", from.AgentID, "finess", from.FINESS, "bytes", len(raw), "status", status)
	if err := s.askMissing(w, r, from); err != nil {
		// The receipt matters more: what is missing is asked with the next one.
		s.log.Error("find missing bundles", "agent", from.AgentID, "error", err)
	}
	writeRaw(w, status, wire.MediaJSON, []byte(receipt))
	return nil
}

// askMissing names to an agent the numbers that the region does not hold, beside a
// receipt: what a restored copy of the region lacks comes back by itself.
func (s *Server) askMissing(w http.ResponseWriter, r *http.Request, from caller) error {
	chains, err := s.store.Chains(r.Context(), from.scope(), from.AgentID)
	if err != nil {
		return err
	}
	for _, chain := range chains {
		if len(chain.Missing) > 0 {
			s.log.Warn("bundles are missing", "agent", chain.AgentID, "finess", chain.FINESS, "numbers", chain.Missing.String())
			w.Header().Set(wire.HeaderMissing, chain.Missing.String())
		}
	}
	return nil
}

func (s *Server) keep(w http.ResponseWriter, r *http.Request, from caller, id string, raw []byte) (receipt string, status int, err error) {
	digest := scanner.Digest(raw)
	receipt, err = s.store.Receipt(r.Context(), from.FINESS, id, digest)
	if !errors.Is(err, store.ErrNotFound) {
		return receipt, http.StatusOK, asConflict(err)
	}
	opened, leave, err := s.room.Open(r.Context(), len(raw), func() (*bundle.Opened, error) { return s.open(r, from, raw) })
	if errors.Is(err, ErrCrowded) {
		return "", 0, shed(http.StatusServiceUnavailable, "too many bundles at once")
	}
	if err != nil {
		return "", 0, err
	}
	defer leave()
	if err := checkMeaning(from, id, opened, time.Now()); err != nil {
		return "", 0, err
	}
	if err := s.checkAuthor(r, from, opened); err != nil {
		return "", 0, err
	}
	arrival, err := s.arrival(r.Context(), from, remoteIP(r), opened, raw)
	if err != nil {
		return "", 0, err
	}
	return s.keepNew(w, r, from, arrival)
}

func (s *Server) keepNew(w http.ResponseWriter, r *http.Request, from caller, arrival store.Arrival) (string, int, error) {
	kept, err := s.store.Keep(r.Context(), arrival)
	if kept.Branch {
		number := arrival.Bundle.Seq
		s.log.Warn("two bundles bear one number: the agent was restored from a copy, or cloned", "agent", from.AgentID, "finess", from.FINESS, "seq", number)
		w.Header().Set(wire.HeaderBranch, strconv.FormatInt(number, 10))
	}
	if kept.New {
		return kept.Receipt, http.StatusCreated, nil
	}
	return kept.Receipt, http.StatusOK, asConflict(err)
}

func asConflict(err error) error {
	switch {
	case errors.Is(err, store.ErrOtherDigest):
		return conflict(store.ErrOtherDigest)
	case errors.Is(err, store.ErrNotActive):
		return unknown(err)
	}
	return err
}

// open verifies a bundle with the key that the agent had when it sealed it,
// which may be older than its present certificate, and never another's.
func (s *Server) open(r *http.Request, from caller, raw []byte) (*bundle.Opened, error) {
	certificates, err := s.store.Certificates(r.Context(), from.scope(), from.AgentID)
	if err != nil {
		return nil, err
	}
	return openWith(certificates, raw)
}

func openWith(certificates []store.Certificate, raw []byte) (*bundle.Opened, error) {
	wanted := keyNamed(raw)
	for _, c := range certificates {
		if c.KeyDigest != wanted {
			continue
		}
		key, err := x509.ParsePKIXPublicKey(c.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("read key of agent %s: %w", c.AgentID, err)
		}
		opened, err := bundle.Open(raw, bundle.Options{Key: key, MaxBytes: wire.MaxBundle})
		return opened, asRefusal(err)
	}
	if wanted == "" {
		return nil, malformed(errors.New("envelope: it names no key"))
	}
	return nil, forbidden(errors.New("the bundle is sealed with a key that is not the agent's"))
}

// keyNamed peeks at which key a bundle claims; Open then proves it.
func keyNamed(raw []byte) string {
	var claim struct {
		Signatures [1]struct {
			KeyID string `json:"keyid"`
		} `json:"signatures"`
	}
	if err := json.Unmarshal(raw, &claim); err != nil {
		return ""
	}
	return claim.Signatures[0].KeyID
}

// asRefusal sorts what is wrong with a bundle: its size, its writing, its
// author or its meaning.
func asRefusal(err error) error {
	var part *bundle.PartError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bundle.ErrTooLarge):
		return tooLarge(err)
	case !errors.As(err, &part):
		return err
	}
	switch part.Part {
	case envelope.PartEnvelope, partCompression:
		return malformed(err)
	case envelope.PartKey, envelope.PartSignature:
		return forbidden(err)
	}
	return meaningless(err)
}

const partCompression = "compression"

// checkMeaning compares what a bundle says with who brought it. Server time
// rules; a moment to come is refused until it has come, because it would outlive
// every later look.
func checkMeaning(from caller, id string, b *bundle.Opened, now time.Time) error {
	switch h := b.Header; {
	case h.FINESS != from.FINESS:
		return forbidden(errors.New("the bundle speaks of another establishment"))
	case h.ID != id:
		return meaningless(errors.New("header: the bundle bears another name than its path"))
	case h.Seq == 0 || h.Seq > math.MaxInt64:
		return meaningless(errors.New("header: the sequence starts at 1"))
	}
	for _, at := range moments(b) {
		if at.After(now.Add(maxSkew)) {
			return passing(wire.ProblemClock, meaningless(fmt.Errorf("run: %s is in the future: check the clock of the agent", at.UTC().Format(time.RFC3339))))
		}
		if at.Before(earliest) {
			return meaningless(fmt.Errorf("run: %s is before %d", at.UTC().Format(time.RFC3339), earliest.Year()))
		}
	}
	return checkClaims(b.Run)
}

// earliest is before every run: an older moment is a clock that was never set.
var earliest = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)

// checkClaims refuses what no agent of ours seals, with its place.
func checkClaims(run scanner.Run) error {
	for _, o := range run.Observations {
		switch {
		case !slices.Contains(scanner.TargetKinds(), o.Target.Kind):
			return meaningless(fmt.Errorf("observation %s: no target is of kind %.40q", o.ID, o.Target.Kind))
		case o.At.Before(run.Started):
			return meaningless(fmt.Errorf("observation %s: it is older than its run", o.ID))
		case !slices.Contains([]scanner.Vantage{run.Vantage, scanner.VantageDeclared, scanner.VantageInside}, o.Vantage):
			return meaningless(fmt.Errorf("observation %s: a run from %.20q has seen nothing from %.20q", o.ID, run.Vantage, o.Vantage))
		}
	}
	for _, f := range run.Findings {
		switch {
		case !slices.Contains(scanner.TargetKinds(), f.Target.Kind):
			return meaningless(fmt.Errorf("finding %s: no target is of kind %.40q", f.Fingerprint, f.Target.Kind))
		case f.Outcome == scanner.Pass && len(f.Observations) == 0:
			return meaningless(fmt.Errorf("finding %s: it passes without an observation", f.Fingerprint))
		}
	}
	return nil
}

// checkAuthor compares the agent that a bundle speaks for with the one that brought
// it. An agent may have sealed before it had a name, or under the name of a former
// enrolment: its key, checked already, tells that it is the same, unless somebody
// else bears that name.
func (s *Server) checkAuthor(r *http.Request, from caller, b *bundle.Opened) error {
	named := b.Header.AgentID
	if named == "" || named == from.AgentID {
		return nil
	}
	certificates, err := s.store.Certificates(r.Context(), store.Region(), named)
	if err != nil {
		return err
	}
	known := slices.ContainsFunc(certificates, func(c store.Certificate) bool { return c.KeyDigest == b.KeyID })
	if len(certificates) > 0 && !known {
		return forbidden(errors.New("the bundle speaks for another agent"))
	}
	return nil
}

func moments(b *bundle.Opened) []time.Time {
	list := []time.Time{b.Header.SealedAt, b.Run.Started, b.Run.Ended}
	for _, o := range b.Run.Observations {
		list = append(list, o.At)
	}
	return list
}

func (s *Server) arrival(ctx context.Context, from caller, address string, o *bundle.Opened, raw []byte) (store.Arrival, error) {
	// What the store keeps of a moment must be what the receipt signs.
	now := time.Now().UTC().Truncate(time.Microsecond)
	sealed, err := s.authority.Seal(wire.Receipt{BundleID: o.Header.ID, Digest: o.Digest, FINESS: from.FINESS, ReceivedAt: now, Log: s.evidence.Promise()})
	if err != nil {
		return store.Arrival{}, err
	}
	receipt, err := json.Marshal(sealed)
	if err != nil {
		return store.Arrival{}, fmt.Errorf("encode receipt: %w", err)
	}
	judged, err := judgeRun(ctx, s.store, s.judge, o.Run)
	if err != nil {
		return store.Arrival{}, err
	}
	return store.Arrival{Bundle: describe(from, o, len(raw), now), Raw: raw, Receipt: string(receipt), Judged: judged, Address: address}, nil
}

// judgeRun concludes from the facts of a run, by the profile of its establishment.
func judgeRun(ctx context.Context, s *store.Store, judge Judge, run scanner.Run) (store.Judged, error) {
	profile, err := s.ProfileOf(ctx, store.Only(run.Establishment.FINESS), run.Establishment.FINESS)
	if err != nil {
		return store.Judged{}, err
	}
	return judge.Judge(run, profile)
}

func describe(from caller, o *bundle.Opened, size int, received time.Time) store.Bundle {
	return store.Bundle{
		FINESS: o.Header.FINESS, ID: o.Header.ID, AgentID: from.AgentID, Seq: int64(o.Header.Seq), Previous: o.Header.Previous,
		Digest: o.Digest, Size: size, KeyDigest: o.KeyID, Software: o.Header.Software,
		RunID: o.Run.ID, RunStatus: o.Run.Status, Vantage: o.Run.Vantage, Profile: o.Run.Profile,
		StartedAt: o.Run.Started, EndedAt: o.Run.Ended, SealedAt: o.Header.SealedAt, ReceivedAt: received,
	}
}
