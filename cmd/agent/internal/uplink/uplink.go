// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"time"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/agent/internal/witness"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// Uplink sends the bundles of a spool to the aggregator of an enrolment.
type Uplink struct {
	identity  *identity.Identity
	enrolment identity.Enrolment
	client    *client
	spool     *spool.Spool
	software  string
	proxy     string
	now       func() time.Time
	stuck     map[string]int // how often each bundle that waits failed alone
	witness   *witness.Witness
	lookedLog time.Time // when it was last seen which proofs are wanted
	askedLog  time.Time // when the region was last asked for them
	recalled  bool      // the aggregator asked for bundles again since the round began
	delivered bool      // a bundle arrived since the last heartbeat
	nextBeat  time.Time
	// renewAsked tells that the aggregator wants the certificate renewed.
	renewAsked bool
	// Rhythm tells the next moment of the agent and its period; nil for one without.
	Rhythm func() (next time.Time, every time.Duration)
	// Tell says what the aggregator thinks of the numbers of the bundles; the log
	// does unless it is set.
	Tell func(*cli.Problem)
}

// New makes the uplink of an enrolled agent.
func New(id *identity.Identity, s *spool.Spool, software, proxy string) (*Uplink, error) {
	enrolment, err := id.Enrolment()
	if err != nil {
		return nil, err
	}
	w, err := id.Witness()
	if err != nil {
		return nil, err
	}
	u := &Uplink{identity: id, spool: s, witness: w, software: software, proxy: proxy, now: time.Now, stuck: map[string]int{}, Tell: logged}
	return u, u.adopt(enrolment)
}

func logged(p *cli.Problem) { slog.Warn(p.Sentence.EN, "hint", p.Hint.EN, "error", p.Cause) }

func (u *Uplink) adopt(e identity.Enrolment) error {
	config, err := u.identity.TLS(e)
	if err != nil {
		return err
	}
	u.enrolment = e
	u.nextBeat = time.Time{} // the first use of a certificate ends those before it
	u.client, err = newClient(e.URL, config, u.proxy)
	return err
}

// The bounds of the wait between two attempts, and of the rest between two looks at an empty outbox.
const (
	firstWait = time.Second
	longWait  = 30 * time.Minute
	restWait  = 15 * time.Second
)

// Run sends what waits, for ever, until its context ends. It never gives up:
// each failure doubles the wait up to half an hour, with full jitter so that
// a fleet does not come back at once; an answer of the aggregator may ask for
// more patience.
func (u *Uplink) Run(ctx context.Context, wake <-chan struct{}) {
	failures := 0
	for ctx.Err() == nil {
		wait := restWait
		if err := u.Flush(ctx); err != nil && ctx.Err() == nil {
			wait = backOff(failures, err)
			failures++
			slog.WarnContext(ctx, "send bundles", "error", err, "retry_in", wait.Round(time.Second).String())
		} else {
			failures = 0
		}
		u.beatIfDue(ctx)
		sleep(ctx, wait, wake)
	}
}

func backOff(failures int, err error) time.Duration {
	ceiling := min(longWait, firstWait<<min(failures, 20))
	wait := time.Duration(rand.Int64N(int64(ceiling))) + firstWait //nolint:gosec // jitter is no secret
	if refused := (*answerError)(nil); errors.As(err, &refused) {
		wait = max(wait, min(refused.RetryAfter, longWait))
		if refused.Held() {
			wait = min(wait, beatHeld)
		}
	}
	return wait
}

func sleep(ctx context.Context, wait time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

// Flush sends every waiting bundle once: oldest first, and last those that could
// not pass before, then those that the aggregator asked for again. A bundle that
// fails alone holds up none behind it; a failure that all would share ends the
// round.
func (u *Uplink) Flush(ctx context.Context) error {
	u.refresh(ctx)
	if err := u.renewIfDue(ctx); err != nil {
		// An old certificate still works for a while: say so and go on.
		slog.WarnContext(ctx, "renew certificate of the agent", "error", err)
	}
	u.recalled = false
	err := u.round(ctx)
	if err == nil && u.recalled {
		err = u.round(ctx)
	}
	if err == nil {
		// What was sent is sent: proofs are asked for again.
		if err := u.witnessLog(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "ask for the proofs of the region", "error", err)
		}
	}
	return err
}

func (u *Uplink) round(ctx context.Context) error {
	waiting, err := u.spool.Waiting()
	if err != nil {
		return err
	}
	slices.SortStableFunc(waiting, func(a, b spool.Entry) int { return cmp.Compare(u.stuck[a.ID], u.stuck[b.ID]) })
	var failed []error
	for _, entry := range waiting {
		err := u.send(ctx, entry)
		if err == nil {
			delete(u.stuck, entry.ID)
			continue
		}
		failed = append(failed, fmt.Errorf("send bundle %s: %w", entry.ID, err))
		if ctx.Err() != nil || isShared(err) {
			break
		}
		u.stuck[entry.ID]++
	}
	return errors.Join(failed...)
}

// errFiling is under the errors of the spool: the disk is the same for all.
var errFiling = errors.New("file the answer of the aggregator")

// send delivers one bundle and files it by the answer.
func (u *Uplink) send(ctx context.Context, entry spool.Entry) error {
	sealed, err := os.ReadFile(entry.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // another process sent it
	}
	if err != nil {
		return err
	}
	if err := u.recognise(sealed); err != nil {
		return u.setAside(ctx, entry, err)
	}
	receipt, err := u.deliver(ctx, entry, sealed)
	switch refused := (*answerError)(nil); {
	case errors.As(err, &refused) && refused.isFinal():
		return u.setAside(ctx, entry, refused)
	case errors.As(err, &refused) && refused.Type == wire.ProblemClock:
		return clockAhead(refused)
	case errors.As(err, &refused) && refused.Ours && refused.Held():
		return u.heldBack(refused)
	case errors.As(err, &refused) && refused.Ours && refused.Status == http.StatusUnauthorized:
		return notKnown(refused)
	case err != nil:
		return err
	}
	if err := u.spool.Acknowledge(entry, receipt); err != nil {
		return fmt.Errorf("%w: %w", errFiling, err)
	}
	u.delivered = true
	return nil
}

// heldBack keeps the state that a refusal tells of, and says it.
func (u *Uplink) heldBack(refused *answerError) error {
	state := wire.StateSuspended
	if refused.Type == wire.ProblemPending {
		state = wire.StatePending
	}
	if err := u.noteState(state); err != nil {
		return fmt.Errorf("%w: %w", errFiling, err)
	}
	if problem := StateProblem(u.identity, u.enrolment, refused); problem != nil {
		return problem
	}
	return refused
}

func (u *Uplink) setAside(ctx context.Context, entry spool.Entry, why error) error {
	slog.ErrorContext(ctx, "bundle set aside", "bundle", entry.ID, "error", why)
	if err := u.spool.Reject(entry, why.Error()); err != nil {
		return fmt.Errorf("%w: %w", errFiling, err)
	}
	return nil
}

// deliver puts a bundle and returns its receipt, verified, to be kept.
func (u *Uplink) deliver(ctx context.Context, entry spool.Entry, sealed []byte) ([]byte, error) {
	var receipt wire.Receipt
	header, err := u.client.exchange(ctx, http.MethodPut, wire.PathBundles+"/"+entry.ID, wire.MediaBundle, sealed, &receipt)
	if err != nil {
		return nil, err
	}
	if receipt.BundleID != entry.ID || receipt.Digest != scanner.Digest(sealed) {
		return nil, errors.New("the receipt is for another bundle: keeping this one")
	}
	if err := receipt.Verify(u.enrolment.SealKey); err != nil {
		return nil, err
	}
	u.heed(header)
	return json.MarshalIndent(receipt, "", "  ")
}

// recognise refuses what the aggregator could never accept and what would hold
// up all that follows: bundles of another establishment, and bytes that do not
// verify with the key of the agent, whatever it was called when it sealed them.
func (u *Uplink) recognise(sealed []byte) error {
	opened, err := bundle.Open(sealed, bundle.Options{Key: u.identity.Key.Public()})
	if err != nil {
		return fmt.Errorf("verify before sending: %w", err)
	}
	if h := opened.Header; h.FINESS != u.enrolment.Establishment.FINESS {
		return fmt.Errorf("sealed for establishment %q, the agent is enrolled for %q", h.FINESS, u.enrolment.Establishment.FINESS)
	}
	return nil
}
