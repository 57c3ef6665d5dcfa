// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestSilenceOfASite speaks to sites that stop somewhere, and to one that waits for us.
func TestSilenceOfASite(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
	tests := map[string]struct {
		url    string
		says   string
		permit time.Duration // until one is given
		turn   time.Duration // until the answer may be read
		silent bool
	}{
		"no-encryption": {"https://www.chu.test", "", 0, 0, true},
		"no-answer":     {"http://www.chu.test", "", 0, 0, true},
		"half-answer":   {"http://www.chu.test", whole[:len(whole)-1], 0, 0, true},
		"whole-answer":  {"http://www.chu.test", whole, 0, 0, false},
		"late-permit":   {"http://www.chu.test", whole, 10 * answerTime, 0, false},
		"late-turn":     {"http://www.chu.test", whole, 0, 10 * answerTime, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				site, worker := net.Pipe()
				go func() {
					_, _ = site.Read(make([]byte, 4<<10))
					_, _ = io.WriteString(site, test.says)
					_, _ = io.Copy(io.Discard, site)
				}()
				places := make(chan struct{}, 1)
				if test.turn > 0 {
					places <- struct{}{} // another site has it
					time.AfterFunc(test.turn, func() { <-places })
				}
				s := &execution{reading: &turn{places: places}, permit: func(context.Context) error {
					<-time.After(test.permit)
					return nil
				}}
				ctx, cancel := s.paced(t.Context())
				begun := time.Now()
				err := get(ctx, test.url, worker)
				if silent := errors.Is(context.Cause(ctx), errSilent); silent != test.silent || (err != nil) != test.silent {
					t.Errorf("silent: %v (%v), want %v", silent, err, test.silent)
				}
				if waited := time.Since(begun) - test.permit - test.turn; waited > answerTime {
					t.Errorf("the site was waited for during %v", waited)
				}
				cancel(nil)
				if len(places) > 0 {
					t.Error("the place was not given back")
				}
				site.Close()
				worker.Close()
			})
		})
	}
}

// get reads a page over a connection.
func get(ctx context.Context, url string, conn net.Conn) error {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}), nil
		},
	}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
