// SPDX-License-Identifier: Apache-2.0

// Command compile makes the table of networks that package geo embeds. Download
// and unpack the packages @ip-location-db/asn and @ip-location-db/asn-country
// of one same day, check their licences against LICENSE-data.md, then:
//
//	go run ./compile -networks asn/package -countries asn-country/package -date 2026-06-17 -out networks.zst
package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"carescan/scanner/probes/hosting/geo"
)

func main() {
	networks := flag.String("networks", "", "folder of asn-ipv4.csv and asn-ipv6.csv")
	countries := flag.String("countries", "", "folder of asn-country-ipv4.csv and asn-country-ipv6.csv")
	date := flag.String("date", "", "date of the data, as 2006-01-02")
	out := flag.String("out", "networks.zst", "file to write")
	flag.Parse()
	if err := compile(*networks, *countries, *date, *out); err != nil {
		fmt.Fprintln(os.Stderr, "compile:", err)
		os.Exit(1)
	}
}

func compile(networks, countries, date, out string) error {
	b := geo.NewBuilder("RouteViews, NRO, DB-IP.com (CC BY 4.0), " + date)
	if err := read(networks, countries, "ipv4", b.AddV4); err != nil {
		return err
	}
	if err := read(networks, countries, "ipv6", b.AddV6); err != nil {
		return err
	}
	return write(out, b.Table())
}

func read(networks, countries, family string, add func([]geo.Row[geo.Network], []geo.Row[string])) error {
	n, err := rows(filepath.Join(networks, "asn-"+family+".csv"), network)
	if err != nil {
		return err
	}
	c, err := rows(filepath.Join(countries, "asn-country-"+family+".csv"), country)
	if err != nil {
		return err
	}
	add(n, c)
	return nil
}

func network(cells []string) (geo.Network, error) {
	if len(cells) < 4 {
		return geo.Network{}, fmt.Errorf("short line %q", cells)
	}
	asn, err := strconv.ParseUint(cells[2], 10, 32)
	if err != nil {
		return geo.Network{}, err
	}
	return geo.Network{ASN: uint32(asn), Name: cells[3]}, nil
}

func country(cells []string) (string, error) { return cells[2], nil }

func rows[V any](path string, value func([]string) (V, error)) ([]geo.Row[V], error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := readRows(csv.NewReader(bufio.NewReader(f)), value)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return all, nil
}

func readRows[V any](reader *csv.Reader, value func([]string) (V, error)) ([]geo.Row[V], error) {
	var all []geo.Row[V]
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		row, whole, err := row(cells, value)
		if err != nil {
			return nil, err
		}
		if whole {
			all = append(all, row)
		}
	}
}

// row reads one line. It is not whole when an end falls inside an IPv6 /64.
func row[V any](cells []string, value func([]string) (V, error)) (r geo.Row[V], whole bool, err error) {
	if len(cells) < 3 {
		return r, false, fmt.Errorf("short line %q", cells)
	}
	first, err := netip.ParseAddr(cells[0])
	if err != nil {
		return r, false, err
	}
	last, err := netip.ParseAddr(cells[1])
	if err != nil {
		return r, false, err
	}
	r.First, r.Last = geo.Number(first), geo.Number(last)
	r.Value, err = value(cells)
	return r, first.Is4() || beginsPrefix(first) && beginsPrefix(last.Next()), err
}

// beginsPrefix tells whether an IPv6 address is the first of its /64.
func beginsPrefix(addr netip.Addr) bool { return netip.PrefixFrom(addr, 64).Masked().Addr() == addr }

func write(path string, t *geo.Table) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := geo.Encode(f, t); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
