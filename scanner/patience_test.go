// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"carescan/scanner"
)

// between is a value between two clocks.
type between struct{}

// TestWithPatience_countsWhatTheTargetTakes holds a clock of ten seconds for a
// minute, twice, and twice at once: it ends after ten seconds that were not held.
func TestWithPatience_countsWhatTheTargetTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		look, endLook := scanner.WithPatience(t.Context(), 20*time.Second)
		defer endLook()
		exchange, end := scanner.WithPatience(context.WithValue(look, between{}, true), 10*time.Second)
		defer end()
		child, cancel := context.WithCancel(exchange)
		defer cancel()

		<-time.After(4 * time.Second)
		var waits sync.WaitGroup
		for range 2 {
			waits.Go(func() {
				resume := scanner.Hold(child)
				defer resume()
				<-time.After(time.Minute)
			})
		}
		waits.Wait()
		<-time.After(5 * time.Second)
		resume := scanner.Hold(child)
		<-time.After(time.Minute)
		resume()
		<-child.Done()
		if took, want := time.Since(began), 130*time.Second; took != want {
			t.Errorf("the exchange ended after %s, want %s: ten seconds and twice the minute it was held", took, want)
		}
		if err := child.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v, want %v", err, context.DeadlineExceeded)
		}
		if look.Err() != nil {
			t.Errorf("the look ended with it: %v", look.Err())
		}
		<-look.Done()
		if took, want := time.Since(began), 140*time.Second; took != want {
			t.Errorf("the look ended after %s, want %s", took, want)
		}
		if _, known := look.Deadline(); known {
			t.Error("it tells a deadline that nobody knows")
		}
	})
}

// What is left is the least of what every clock and deadline leaves.
func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := func(ctx context.Context, want time.Duration) {
			t.Helper()
			if left, bounded := scanner.TimeLeft(ctx); left != want || !bounded {
				t.Errorf("%s are left (%t), want %s", left, bounded, want)
			}
		}
		if left, bounded := scanner.TimeLeft(t.Context()); bounded {
			t.Errorf("%s are left where nothing bounds", left)
		}
		run, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		want(run, time.Hour)
		look, end := scanner.WithPatience(run, 20*time.Second)
		defer end()
		exchange, end := scanner.WithPatience(look, time.Minute)
		defer end()
		<-time.After(5 * time.Second)
		resume := scanner.Hold(exchange)
		<-time.After(5 * time.Second)
		want(exchange, 15*time.Second)
		resume()
		<-time.After(5 * time.Second)
		want(exchange, 10*time.Second)
		want(run, time.Hour-15*time.Second)
	})
}

// The end of what is around it is its own end, held or not.
func TestWithPatience_endsWithTheOuterContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, cancel := context.WithTimeout(t.Context(), time.Second)
		ctx, end := scanner.WithPatience(outer, time.Hour)
		defer end()
		if deadline, _ := ctx.Deadline(); time.Until(deadline) != time.Second {
			t.Errorf("its deadline is in %s, want that of the outer context", time.Until(deadline))
		}
		defer scanner.Hold(ctx)()
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("it ended with %v, want %v", ctx.Err(), context.DeadlineExceeded)
		}
		cancel()
		late, endLate := scanner.WithPatience(outer, time.Hour)
		defer endLate()
		if late.Err() == nil {
			t.Error("one that is made of a context that is over is not over")
		}
	})
}

func TestWithPatience_cancelled(t *testing.T) {
	ctx, cancel := scanner.WithPatience(t.Context(), time.Hour)
	cancel()
	cancel()
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("it ended with %v, want %v", ctx.Err(), context.Canceled)
	}
	scanner.Hold(ctx)()
	scanner.Hold(t.Context())() // without a clock there is nothing to hold
}

// The standard library takes its end for a time-out, as it takes that of
// context.WithTimeout: causes are read from that.
func TestWithPatience_isATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := scanner.WithPatience(t.Context(), time.Second)
		defer cancel()
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		go func() { _, _ = far.Read(make([]byte, 1<<10)) }()
		err := tls.Client(near, &tls.Config{ServerName: "www.chu.test", MinVersion: tls.VersionTLS12}).HandshakeContext(ctx)
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the handshake ended with %v, want a time-out", err)
		}
		if code := scanner.CauseOf(err).Code; code != scanner.CauseTimeout {
			t.Errorf("its cause is %q, want %q", code, scanner.CauseTimeout)
		}
	})
}
