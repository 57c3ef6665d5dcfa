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
	places    chan struct{} // a site each

	mu       sync.Mutex
	sites    int         // under way
	now      *worker     // nil when there is none
	verified os.FileInfo // of the program, as it was read last
}

func newWorkshop(o Options, templates []Template) *workshop {
	return &workshop{options: o, templates: templates, places: make(chan struct{}, sitesAtOnce)}
}

// enter waits for the place of one more site.
func (s *workshop) enter(ctx context.Context) error {
	select {
	case s.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sites++
	return nil
}

// leave gives the place back. The last site ends the worker, and waits until it is gone.
func (s *workshop) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sites--; s.sites == 0 && s.now != nil {
		s.now.end()
		s.now = nil
	}
	<-s.places
}

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
