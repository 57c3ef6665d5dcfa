// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"context"
	"fmt"
	"os"
	"sync"

	"carescan/scanner/probes/nuclei/scratch"
)

// sitesAtOnce is how many sites one worker looks at together. Measured with 32 sites
// whose every answer is as long as is read: docs/adr/0036.
const sitesAtOnce = 32

// workshop keeps one worker while there are sites to look at, and none otherwise:
// each weighs more than the agent. A worker that dies is replaced.
type workshop struct {
	options   Options
	templates []Template
	places    chan struct{} // in the worker, a site each

	mu       sync.Mutex
	sites    int         // under way, or waiting for their turn
	now      *worker     // nil when there is none
	verified os.FileInfo // of the program, as it was read last
}

func newWorkshop(o Options, templates []Template) *workshop {
	return &workshop{options: o, templates: templates, places: make(chan struct{}, sitesAtOnce)}
}

// enter counts one more site: the worker stays until it has left.
func (s *workshop) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sites++
}

// leave counts one site less. The last one ends the worker, and waits until it is gone.
func (s *workshop) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sites--; s.sites == 0 && s.now != nil {
		s.now.end()
		s.now = nil
	}
}

// take waits for a place in the worker.
func (s *workshop) take(ctx context.Context) error {
	select {
	case s.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// give gives the place back.
func (s *workshop) give() { <-s.places }

// worker is the one at work, or a new one. The error means that none of ours could
// be started.
func (s *workshop) worker() (*worker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil && s.now.alive() {
		return s.now, nil
	}
	folder, remove, err := scratch.New("carescan-")
	if err != nil {
		return nil, fmt.Errorf("prepare the template engine: %w", err)
	}
	w, err := s.start(folder)
	if err != nil {
		remove()
		return nil, err
	}
	s.now = w
	go func() {
		w.wait()
		remove()
		close(w.gone)
	}()
	return w, nil
}
