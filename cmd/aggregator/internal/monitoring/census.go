// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// Counts are the numbers that only the region knows, read when they are asked for: by
// name, with the value of their one label.
type Counts func(context.Context) ([]Count, error)

// Count is one number of the region.
type Count struct {
	Of    Number
	Which string // the value of the label; empty when the number has none
	N     float64
}

// Number is a kind of count.
type Number struct{ name, help, label string }

// The numbers of a region.
var (
	Establishments = Number{"carescan_establishments", "Establishments by freshness of the last look.", "freshness"}
	OpenFindings   = Number{"carescan_open_findings", "Failures that stand in the whole region, by severity.", "severity"}
)

// census asks the region for its numbers at each scrape.
type census struct {
	counts Counts
	log    *slog.Logger
}

func (n Number) desc() *prometheus.Desc {
	return prometheus.NewDesc(n.name, n.help, []string{n.label}, nil)
}

// Describe lists the numbers.
func (c *census) Describe(out chan<- *prometheus.Desc) {
	out <- Establishments.desc()
	out <- OpenFindings.desc()
}

// Collect reads them. A region that does not answer is said by /ready and by the log;
// the other numbers are given all the same.
func (c *census) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWait)
	defer cancel()
	list, err := c.counts(ctx)
	if err != nil {
		c.log.Error("the numbers of the region cannot be read", "error", err)
		return
	}
	for _, n := range list {
		out <- prometheus.MustNewConstMetric(n.Of.desc(), prometheus.GaugeValue, n.N, n.Which)
	}
}
