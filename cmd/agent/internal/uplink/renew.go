// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"carescan/cmd/internal/wire"
)

// renewIfDue asks for a new certificate when the present one grows old, or when the
// aggregator said that it is time.
func (u *Uplink) renewIfDue(ctx context.Context) error {
	from, until, err := u.enrolment.Validity()
	if err != nil || !u.renewAsked && !wire.DueForRenewal(from, until, u.now()) {
		return err
	}
	return u.Renew(ctx)
}

// Renew asks for a new certificate, for the same key: what waits is sealed with it, and
// the grace after the end of a certificate rests on it
// (docs/adr/0049-life-of-an-agent.md).
func (u *Uplink) Renew(ctx context.Context) error {
	csr, err := u.identity.CSR()
	if err != nil {
		return err
	}
	body, err := json.Marshal(wire.RenewRequest{CSR: csr, Software: u.software})
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	renewed := u.enrolment
	if err := u.client.post(ctx, wire.PathRenew, body, &renewed.EnrolResponse); err != nil {
		return fmt.Errorf("renew certificate: %w", err)
	}
	if err := u.identity.Keep(renewed); err != nil {
		return err
	}
	u.renewAsked = false
	return u.adopt(renewed)
}

// refresh takes over what another command kept meanwhile: a renewal, or a new enrolment.
// What cannot be read changes nothing.
func (u *Uplink) refresh(ctx context.Context) {
	kept, err := u.identity.Enrolment()
	if err == nil && kept.Certificate != u.enrolment.Certificate {
		err = u.adopt(kept)
	}
	if err != nil {
		slog.WarnContext(ctx, "read enrolment of the agent again", "error", err)
	}
}
