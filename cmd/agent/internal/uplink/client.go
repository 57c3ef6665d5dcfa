// SPDX-License-Identifier: Apache-2.0

// Package uplink is how an agent speaks to its aggregator: it enrols, sends
// sealed bundles in order, retries without end, says how it is, and renews its
// certificate.
package uplink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"carescan/cmd/internal/wire"
	"carescan/scanner/bounded"
)

const (
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 256 << 10
	// reachWait is how long a connection, then its handshake, is waited for.
	reachWait = 30 * time.Second
)

// client speaks the agent interface of one aggregator.
type client struct {
	base string
	http *http.Client
}

func newClient(base string, config *tls.Config, proxy string) (*client, error) {
	address, err := parseAddress(base)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		TLSClientConfig: config, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute,
		DialContext: (&net.Dialer{Timeout: reachWait}).DialContext, TLSHandshakeTimeout: reachWait,
	}
	if err := throughProxy(transport, proxy); err != nil {
		return nil, err
	}
	return &client{address.String(), &http.Client{Transport: transport, CheckRedirect: noRedirect}}, nil
}

// noRedirect keeps what is sent from following anyone elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// answerError is an answer other than the one hoped for.
type answerError struct {
	wire.Problem
	RetryAfter time.Duration
	// Ours tells that the aggregator said it, and not something on the way to it.
	Ours bool
}

// unreachedError says that no connection was had.
type unreachedError struct{ cause error }

// Error is for the log.
func (e *unreachedError) Error() string { return "reach aggregator: " + e.cause.Error() }

// Unwrap gives the cause.
func (e *unreachedError) Unwrap() error { return e.cause }

// post sends a message, in JSON, and decodes the answer, as exchange does.
func (c *client) post(ctx context.Context, path string, body []byte, answer any) error {
	_, err := c.exchange(ctx, http.MethodPost, path, wire.MediaJSON, body, answer)
	return err
}

// exchange sends a request, in the time that its size gives, and decodes the answer,
// whose header it returns. An answer of 300 or more is an *answerError; an
// *unreachedError tells that nothing was sent.
func (c *client) exchange(ctx context.Context, method, path, mediaType string, body []byte, answer any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, wire.UploadTime(int64(len(body))))
	defer cancel()
	var reached atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached.Store(true) }})
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("prepare request: %w", err)
	}
	sum := sha256.Sum256(body)
	request.Header.Set("Content-Type", mediaType)
	request.Header.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	request.Header.Set(wire.HeaderVersion, strconv.Itoa(wire.Version))
	response, err := c.http.Do(request)
	switch {
	case err != nil && !reached.Load():
		return nil, &unreachedError{toldAsProxy(err)}
	case err != nil:
		c.http.CloseIdleConnections() // one that failed is not tried again
		return nil, fmt.Errorf("send to aggregator: %w", err)
	}
	defer response.Body.Close()
	raw, whole, err := bounded.Read(response.Body, maxAnswer)
	if err != nil {
		return nil, fmt.Errorf("read answer of aggregator: %w", err)
	}
	if response.StatusCode >= 300 {
		return nil, refusal(response, raw)
	}
	if !whole {
		return nil, fmt.Errorf("the answer of the aggregator is longer than %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return nil, fmt.Errorf("read answer of aggregator: %w", err)
	}
	return response.Header, nil
}

func refusal(response *http.Response, raw []byte) error {
	refused := &answerError{Problem: wire.Problem{Title: http.StatusText(response.StatusCode)}}
	// A proxy or a filter on the way may answer anything.
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	err := json.Unmarshal(raw, &refused.Problem)
	refused.Ours = err == nil && media == wire.MediaProblem && refused.Status == response.StatusCode
	refused.Status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		refused.RetryAfter = time.Duration(seconds) * time.Second
	}
	return refused
}
