// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"carescan/cmd/agent/internal/spool"
	"carescan/scanner"
)

const (
	// keepAgain is how long a run that the disk refused waits for the next try.
	keepAgain = time.Minute
	// maxUnsealed is how many runs wait so; the oldest gives way. A run of a large
	// establishment may hold tens of megabytes.
	maxUnsealed = 3
)

// keeper seals the runs of the daemon, each once. A run that the disk refuses
// waits in memory and is tried again beside the rhythm, never in its way: a disk
// that is full now may have room in a minute. A run that cannot be sealed at all
// is said to be lost, and never tried again.
type keeper struct {
	seal func(scanner.Run) (spool.Sealed, error)
	wake chan<- struct{} // told of each bundle

	turn sync.Mutex // one run is sealed at a time
	mu   sync.Mutex
	held []scanner.Run // oldest first
	err  error         // of the last try
}

// keep takes a run, and seals it at once if the disk allows.
func (k *keeper) keep(run scanner.Run) {
	k.mu.Lock()
	k.held = append(k.held, run)
	for len(k.held) > maxUnsealed {
		slog.Error("run lost: too many wait for the disk", "run", k.held[0].ID, "ended", k.held[0].Ended)
		k.held = k.held[1:]
	}
	k.mu.Unlock()
	k.sealHeld()
}

// again tries what waits until the context ends.
func (k *keeper) again(ctx context.Context) {
	ticker := time.NewTicker(keepAgain)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			k.sealHeld()
		}
	}
}

// close tries once more, and says what is lost with the end of the program.
func (k *keeper) close() {
	k.sealHeld()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, run := range k.held {
		slog.Error("run lost: the agent ends and the disk refuses it", "run", run.ID, "ended", run.Ended)
	}
}

// sealHeld seals what waits, oldest first, until the disk refuses one.
func (k *keeper) sealHeld() {
	k.turn.Lock()
	defer k.turn.Unlock()
	for {
		run, waits := k.oldest()
		if !waits {
			return
		}
		sealed, err := k.seal(run)
		k.settle(run, err)
		switch {
		case errors.Is(err, spool.ErrLasting):
			slog.Error("run lost: it cannot be sealed", "run", run.ID, "error", err)
		case err != nil:
			slog.Error("keep run", "run", run.ID, "error", err, "retry_in", keepAgain.String())
			return
		default:
			k.tell(sealed, run)
		}
	}
}

func (k *keeper) oldest() (scanner.Run, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.held) == 0 {
		return scanner.Run{}, false
	}
	return k.held[0], true
}

// settle remembers how a try ended, and lets go of a run that is not to be tried
// again.
func (k *keeper) settle(run scanner.Run, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
	if err == nil || errors.Is(err, spool.ErrLasting) {
		k.held = slices.DeleteFunc(k.held, func(r scanner.Run) bool { return r.ID == run.ID })
	}
}

func (k *keeper) tell(sealed spool.Sealed, run scanner.Run) {
	slog.Info("run sealed", "bundle", sealed.ID, "seq", sealed.Seq, "status", run.Status)
	if sealed.Beside != nil {
		slog.Warn("the bundle is safe, what goes beside it could not be kept", "bundle", sealed.ID, "error", sealed.Beside)
	}
	select {
	case k.wake <- struct{}{}:
	default: // already awake
	}
}

// state tells how many runs wait, and what is wrong.
func (k *keeper) state() (waiting int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.held), k.err
}
