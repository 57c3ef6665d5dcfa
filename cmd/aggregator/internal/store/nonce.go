// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"

	"carescan/scanner"
)

// ErrReplay says that a request was signed once and comes twice.
var ErrReplay = errors.New("the request was received before")

// SpendNonce accepts the nonce of a signed request, once: ErrReplay when it was. Those of
// the agent that are older than a moment are forgotten, since their time alone has them
// refused.
func (s *Store) SpendNonce(ctx context.Context, finess scanner.FINESS, agent, nonce string, at, older time.Time) error {
	err := s.write(ctx, Only(finess), func(tx *transaction) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM request_nonce WHERE agent_id = $1 AND at < $2`, agent, stamp(older)); err != nil {
			return err
		}
		err := changedOne(tx.ExecContext(ctx, `
			INSERT INTO request_nonce (agent_id, nonce, finess, at) VALUES ($1, $2, $3, $4) ON CONFLICT (agent_id, nonce) DO NOTHING`,
			agent, nonce, finess, stamp(at)))
		if errors.Is(err, ErrNotFound) {
			return ErrReplay
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE agent SET signed_at = $1 WHERE id = $2`, stamp(at), agent)
		return err
	})
	return wrap(err, "accept a signed request of agent %s", agent)
}
