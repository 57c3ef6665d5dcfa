// SPDX-License-Identifier: Apache-2.0

package worker

import (
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

func (c *counter) Close()                                             {}
func (c *counter) Colorizer() *aurora.Aurora                          { return c.colours }
func (c *counter) Write(*output.ResultEvent) error                    { return nil }
func (c *counter) WriteFailure(*output.InternalWrappedEvent) error    { return nil }
func (c *counter) RequestStatsLog(string, string)                     {}
func (c *counter) WriteStoreDebugData(string, string, string, string) {}
func (c *counter) ResultCount() int                                   { return 0 }
