// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bufio"
	"errors"
	"net/textproto"
	"strconv"
	"strings"
	"sync"

	"github.com/logrusorgru/aurora/v4"
	"github.com/projectdiscovery/nuclei/v3/pkg/output"
)

// counter is the output of the engine: it counts the requests of the template
// at work that were answered, and keeps why the last other one was not. What
// the engine would print or store is dropped.
type counter struct {
	colours  *aurora.Aurora
	mu       sync.Mutex
	answered int
	failure  error
}

func newCounter() *counter { return &counter{colours: aurora.New(aurora.WithColors(false))} }

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered, c.failure = 0, nil
}

func (c *counter) outcome() (answered int, failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered, c.failure
}

// Request hears of the end of every request.
func (c *counter) Request(_, _, _ string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failure = err
		return
	}
	c.answered++
}

// RequestStatsLog hears of every answer. The engine takes a body that was cut
// short for a whole one; where its length was announced, we do not.
func (c *counter) RequestStatsLog(_, response string) {
	if !isCut(response) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failure = errCut
}

var errCut = errors.New("an answer was cut short")

// isCut compares the announced length with the body (RFC 9112 section 6.3). An
// empty body may answer HEAD, and an encoded one was decoded since.
func isCut(response string) bool {
	reader := textproto.NewReader(bufio.NewReader(strings.NewReader(response)))
	if _, err := reader.ReadLine(); err != nil {
		return false
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil || header.Get("Content-Encoding") != "" {
		return false
	}
	announced, err := strconv.Atoi(header.Get("Content-Length"))
	_, body, _ := strings.Cut(response, "\r\n\r\n")
	return err == nil && body != "" && len(body) < min(announced, maxResponse)
}

func (c *counter) Close()                                             {}
func (c *counter) Colorizer() *aurora.Aurora                          { return c.colours }
func (c *counter) Write(*output.ResultEvent) error                    { return nil }
func (c *counter) WriteFailure(*output.InternalWrappedEvent) error    { return nil }
func (c *counter) WriteStoreDebugData(string, string, string, string) {}
func (c *counter) ResultCount() int                                   { return 0 }
