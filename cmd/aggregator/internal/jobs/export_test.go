// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"log/slog"
	"time"

	"carescan/cmd/aggregator/internal/store"
)

// NewImpatient makes a worker that waits for nobody longer than that.
func NewImpatient(s *store.Store, rounds []Round, log *slog.Logger, wait time.Duration) (*Worker, error) {
	return newWorker(s, rounds, log, waits{wait, wait, wait})
}
