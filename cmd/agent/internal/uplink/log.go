// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/agent/internal/witness"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
	"carescan/scanner/settings"
)

const (
	// askProofs is how often proofs are asked for that are wanted, and askLog the log, to
	// see that it continues.
	askProofs = 10 * time.Minute
	askLog    = 24 * time.Hour
	// stampSoon is how long a proof without a time-stamp is asked for again: a region
	// whose authority could not be reached has it later, one without never.
	stampSoon = 7 * 24 * time.Hour
)

// wanted is a bundle whose proof is wanted, with its receipt.
type wanted struct {
	entry   spool.Entry
	receipt wire.Receipt
	proven  bool // but for a time-stamp
}

// witnessLog asks the region, now and then, for the proofs of the bundles it
// acknowledged, and keeps those that hold beside the receipts. It never keeps a bundle
// from being sent.
func (u *Uplink) witnessLog(ctx context.Context) error {
	if u.now().Sub(u.lookedLog) < askProofs {
		return nil
	}
	u.lookedLog = u.now()
	list, key, err := u.wantedProofs()
	if err != nil || key == "" {
		return err // no receipt speaks of a log: the region has none
	}
	if len(list) == 0 && u.now().Sub(u.askedLog) < askLog {
		return nil
	}
	u.askedLog = u.now()
	seen, err := u.witness.Seen()
	if err != nil {
		return err
	}
	question := wire.LogQuestion{Since: seen.Size()}
	for _, w := range list {
		question.Bundles = append(question.Bundles, w.receipt.BundleID)
	}
	told, err := u.askLogProofs(ctx, question)
	if refused, ok := errors.AsType[*answerError](err); ok && refused.Ours && refused.Status == http.StatusNotFound {
		return nil // nothing is signed yet
	}
	if err != nil {
		return err
	}
	before, err := u.witness.Hear(told, key, u.now())
	if errors.Is(err, witness.ErrRewritten) {
		alarm, errAlarm := u.witness.Alarm()
		if alarm != nil {
			u.Tell(alarm)
		}
		return errAlarm
	}
	if err != nil {
		return err
	}
	return u.keepProofs(list, told, key, before)
}

func (u *Uplink) askLogProofs(ctx context.Context, question wire.LogQuestion) (told wire.LogProofs, err error) {
	body, err := json.Marshal(question)
	if err != nil {
		return told, fmt.Errorf("encode question: %w", err)
	}
	err = u.client.post(ctx, wire.PathLog, body, &told)
	return told, err
}

// wantedProofs lists the bundles whose proof is wanted, oldest first, and tells the key of
// the log that the newest receipt names.
func (u *Uplink) wantedProofs() (list []wanted, key string, err error) {
	entries, err := u.spool.Sent()
	if err != nil {
		return nil, "", err
	}
	for _, entry := range slices.Backward(entries) {
		raw, err := u.spool.Receipt(entry)
		w := wanted{entry: entry}
		if err != nil || json.Unmarshal(raw, &w.receipt) != nil || w.receipt.Verify(u.enrolment.SealKey) != nil {
			continue // of a region before, or put back by hand
		}
		if w.receipt.Log != nil {
			key = cmp.Or(key, w.receipt.Log.Key)
		}
		known, there, err := u.spool.Proof(entry)
		if there && err == nil && known.Receipt.ReceivedAt.Equal(w.receipt.ReceivedAt) {
			if w.proven = true; len(known.Stamps) > 0 || u.now().Sub(w.receipt.ReceivedAt) > stampSoon {
				continue
			}
		}
		if len(list) < wire.MaxAsked {
			list = append(list, w)
		}
	}
	slices.Reverse(list)
	return list, key, nil
}

// keepProofs keeps the proofs that hold, and tells of those that were promised by now.
func (u *Uplink) keepProofs(list []wanted, told wire.LogProofs, key string, before witness.Seen) error {
	places := map[string]wire.LogInclusion{}
	for _, place := range told.Inclusions {
		places[place.BundleID] = place
	}
	overdue := 0
	for _, w := range list {
		place, covered := places[w.receipt.BundleID]
		if !covered {
			if !w.proven && u.isOverdue(w.receipt) {
				overdue++
			}
			continue
		}
		if w.proven && len(told.Stamps) == 0 {
			continue // nothing that is not known
		}
		p := proof.Proof{
			Format: proof.Format, SealKey: u.enrolment.SealKey, LogKey: key, Receipt: w.receipt, LogInclusion: place,
			Checkpoint: told.Checkpoint, Stamps: told.Stamps,
		}
		if before.Key == key && before.Checkpoint != told.Checkpoint && before.Size() > 0 {
			p.EarlierCheckpoint, p.Consistency = before.Checkpoint, told.Consistency
		}
		if _, err := p.Verify(proof.Trust{SealKey: u.enrolment.SealKey, LogKey: key}); err != nil {
			u.Tell(notProven(w.receipt.BundleID, err))
			continue
		}
		if err := u.spool.KeepProof(w.entry, p); err != nil {
			return err
		}
	}
	if overdue > 0 {
		u.Tell(promiseBroken(overdue))
	}
	return nil
}

// isOverdue tells whether the region promised that the log covers a bundle by now.
func (u *Uplink) isOverdue(r wire.Receipt) bool {
	return r.Log != nil && u.now().Sub(r.ReceivedAt) > time.Duration(r.Log.Within)*time.Second+askProofs
}

func notProven(bundle string, cause error) *cli.Problem {
	return &cli.Problem{
		Sentence: settings.Say("la preuve que donne la région pour le dossier %s ne se vérifie pas", "the proof that the region gives for bundle %s does not verify", bundle),
		Hint:     scanner.Text{FR: "montrez ce message à votre centre régional ; l'agent la redemandera", EN: "show this message to your regional centre; the agent will ask for it again"},
		Cause:    cause,
	}
}

func promiseBroken(n int) *cli.Problem {
	return &cli.Problem{
		Sentence: settings.Say(
			"dossiers dont la région a accusé réception et que son journal de preuves ne couvre pas dans le délai promis : %d",
			"bundles that the region acknowledged and that its evidence log does not cover within the time it promised: %d", n),
		Hint: scanner.Text{
			FR: "demandez à votre centre régional si « carescan-aggregator serve » ou « worker » tourne ; gardez les accusés de réception du dossier sent",
			EN: "ask your regional centre whether carescan-aggregator serve or worker is running; keep the receipts of folder sent",
		},
	}
}
