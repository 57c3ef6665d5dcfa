// SPDX-License-Identifier: Apache-2.0

package revocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"carescan/scanner"
	"carescan/scanner/bounded"
)

// once asks a question, or waits for who asks it already. What failed is kept too,
// but not what ended with the look that asked.
func (d *Desk) once(ctx context.Context, question string, ask func() ([]byte, error)) (*answer, error) {
	for {
		d.mu.Lock()
		a, asked := d.answers[question]
		if !asked {
			a = &answer{done: make(chan struct{})}
			d.answers[question] = a
		}
		d.mu.Unlock()
		if asked {
			select {
			case <-a.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if a.err == errAbandoned { //nolint:errorlint // never wrapped
				continue
			}
			return a, a.err
		}
		a.raw, a.err = ask()
		err := a.err
		if err != nil && ctx.Err() != nil {
			a.err = errAbandoned
			d.mu.Lock()
			delete(d.answers, question)
			d.mu.Unlock()
		}
		close(a.done)
		return a, err
	}
}

// errAbandoned is the end of a look, which is no answer for others.
var errAbandoned = errors.New("the look that asked is over")

// tooHeavy is the end of an answer, or of all lists, over a number of bytes.
func tooHeavy(most int) error {
	limit := fmt.Sprintf("%d KiB", most>>10)
	if most >= 1<<20 {
		limit = fmt.Sprintf("%d MiB", most>>20)
	}
	return scanner.NotSeen(scanner.CauseTooLarge, scanner.Values{scanner.ValueLimit: limit}, errors.New("more came than the "+limit+" that are read"))
}

// list gives the list at an address, read once.
func (d *Desk) list(ctx context.Context, q question, address string) (*list, error) {
	a, err := d.once(ctx, "crl "+address, func() ([]byte, error) {
		raw, err := q.fetch(ctx, http.MethodGet, address, nil, maxList)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.weight+len(raw) > maxLists {
			return nil, tooHeavy(maxLists)
		}
		d.weight += len(raw)
		return raw, nil
	})
	if err != nil {
		return nil, err
	}
	return parseList(a.raw)
}

// fetch brings what an authority publishes, at one place: nothing is followed.
func (q question) fetch(ctx context.Context, method, address string, body []byte, most int) ([]byte, error) {
	ctx, cancel := scanner.WithPatience(ctx, fetchTime)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" {
		return nil, scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("%q is not an http address", address))
	}
	client := http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return q.network.DialAuthority(ctx, address)
			},
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHead,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("write a question to an authority: %w", err)
	}
	request.Header.Set("User-Agent", q.agent)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/ocsp-request")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask an authority: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, scanner.BadStatus(response.StatusCode, fmt.Errorf("status %d", response.StatusCode))
	}
	raw, whole, err := bounded.Read(response.Body, most)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer of an authority: %w", err)
	case !whole:
		return nil, tooHeavy(most)
	}
	return raw, nil
}
