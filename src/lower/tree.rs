//! The trunk, the branches off it and its end, joined: hand-overs, gates, queues.

use super::path::through;
use super::streams::cycles_out;
use super::timing::{self, HandOver, Times};
use super::{
    Design, EndStage, ExitStage, GateStage, InputStage, Interface, InterfaceError, JunctionStage,
    ResultStage, Rom, RuleStage, SoftmaxStage, SplitStage, Words, dot, junction, top_name,
};
use crate::packet::{AnswerFormat, EndFormat, PacketFormat};
use crate::quantise::{QuantExit, QuantJunction};
use crate::schedule::{Arranged, Arrangement, Layout, Schedule, Shape, Share, Site};
use std::collections::BTreeSet;

/// Cycles from a decision to the start of what is behind it, and from its end to its place's being
/// free, with some to spare.
const POOL: usize = 8;

/// Cycles between two frames that the softmax rule needs at least, as many rows as there may be.
const SOFTMAX_ROWS: usize = 3;

/// Lowers a scheduled head.
///
/// # Errors
/// If the outside cannot be built.
pub fn lower(arranged: &Arranged, interface: Interface) -> Result<Design, InterfaceError> {
    let head = &arranged.head;
    let bus = interface.bus(head)?;
    let order = head.split.map(|_| split_order(arranged));
    let packet = PacketFormat::new(head, interface.result, order)?;
    let tree = Tree::new(arranged, packet, bus.beats(), interface.bus_bits);

    let mut junctions = Vec::with_capacity(arranged.schedules.len());
    let mut hand_over = timing::from_bus(bus.beats(), tree.times[0], tree.interval);
    for (number, schedule) in arranged.schedules.iter().enumerate() {
        let gated = head.gate_before(number).is_some();
        let (from, times) = (&head.junctions[number], tree.times[number]);
        let site = Site::Trunk(number);
        junctions.push(junction::stage(&head.name, site, from, schedule, &hand_over, gated, times));
        hand_over = tree.trunk_hand_over(number + 1);
    }
    let end = tree.end(&hand_over);
    let exits = (0..head.exits.len()).map(|exit| tree.exit(exit, &junctions, &end)).collect();
    let mut design = Design {
        name: head.name.clone(),
        top: top_name(&head.name),
        input: InputStage { bus, format: head.input_format },
        junctions,
        exits,
        end,
        packet: tree.packet,
        control: interface.control.of(head),
        dots: Vec::new(),
        initiation_interval: tree.interval,
    };
    if arranged.adders.heaps() {
        let shapes: BTreeSet<_> = design.stages().filter_map(dot::shape).collect();
        design.dots = shapes
            .into_iter()
            .map(|shape| shape.stage(arranged.adders.levels_per_register))
            .collect();
    }
    Ok(design)
}

/// The user's neuron at each place of a split's packet: the writer's slots, row by row.
fn split_order(arranged: &Arranged) -> Vec<u32> {
    let last = arranged.schedules.len() - 1;
    let layout = arranged.schedules[last].layout_out(&arranged.head.junctions[last].pattern);
    let mut positions: Vec<usize> = (0..layout.place.len()).collect();
    positions.sort_by_key(|&position| {
        let (slot, row) = layout.place[position];
        (row, slot)
    });
    let neuron = |position| arranged.neuron(last + 1, position) as u32;
    positions.into_iter().map(neuron).collect()
}

/// What is known before the stages are made.
struct Tree<'a> {
    arranged: &'a Arranged,
    packet: PacketFormat,
    bus_bits: u32,
    /// Of the trunk's junctions.
    times: Vec<Times>,
    /// Of each branch's junctions.
    branch_times: Vec<Vec<Times>>,
    /// Cycles from one frame to the next.
    interval: usize,
    /// Slots packed a cycle at a split.
    group: usize,
}

/// What writes logits or the codes of a split: how they come, and how neurons are counted.
struct Written {
    layout: Layout,
    steps: usize,
    cycles: usize,
}

impl Written {
    fn new(schedule: &Schedule, junction: &QuantJunction) -> Self {
        let layout = schedule.layout_out(&junction.pattern);
        let (steps, cycles) = match &schedule.kind {
            Arrangement::Copies(copies) => match copies.shape {
                Shape::Serial { steps, .. } => (steps, schedule.cycles()),
                Shape::Wide { .. } => (1, 1),
            },
            Arrangement::Tied(_) => (1, junction.pattern.right()),
            Arrangement::Network(network) => (1, network.neurons_per_group),
            Arrangement::Unrolled(_) => (1, 1),
        };
        Self { layout, steps, cycles }
    }

    /// Cycles that packing takes, so many slots at a time.
    fn packing(&self, group: usize) -> usize {
        self.layout.rows * self.layout.slots.div_ceil(group)
    }
}

impl<'a> Tree<'a> {
    fn new(arranged: &'a Arranged, packet: PacketFormat, beats_in: usize, bus_bits: u32) -> Self {
        let head = &arranged.head;
        let times = |schedules: &[Schedule], junctions: &[QuantJunction]| -> Vec<Times> {
            let pairs = schedules.iter().zip(junctions);
            pairs.map(|(s, j)| timing::times(s, j.pattern.d_in())).collect()
        };
        let branches = arranged.exits.iter().zip(&head.exits);
        let mut tree = Self {
            arranged,
            packet,
            bus_bits,
            times: times(&arranged.schedules, &head.junctions),
            branch_times: branches
                .map(|(branch, exit)| times(&branch.schedules, &exit.junctions))
                .collect(),
            interval: beats_in,
            group: 1,
        };
        let busy = arranged.sites().map(|(site, _, s)| tree.share(site).of_time(s.cycles()));
        tree.interval = tree.interval.max(busy.max().expect("a head has junctions"));
        tree.interval = tree.interval.max(tree.answers());
        if head.split.is_some() {
            tree.choose_group();
        }
        tree
    }

    /// The share of frames that come to a junction.
    fn share(&self, site: Site) -> Share {
        self.arranged.shares[site.gates(&self.arranged.head)]
    }

    /// The share of frames that come to the trunk's end.
    fn share_at_end(&self) -> Share {
        self.share(Site::Trunk(self.arranged.schedules.len()))
    }

    /// Cycles a frame that results and packets need.
    fn answers(&self) -> usize {
        let Arranged { head, shares, .. } = self.arranged;
        let rows = |exit: Option<usize>| {
            let rows = self.written(exit).layout.rows;
            let softmax = exit.is_some_and(|exit| head.exits[exit].softmax.is_some());
            if softmax { rows.max(SOFTMAX_ROWS) } else { rows }
        };
        cycles_out(&self.packet, head, shares, self.bus_bits, rows)
    }

    /// The fewest slots at a time that keep to the interval; else the most that fit a beat.
    fn choose_group(&mut self) {
        let EndFormat::Codes(codes) = &self.packet.end else { return };
        let written = self.written(None);
        let most = (self.bus_bits / (codes.bits + 1)).max(1) as usize;
        let most = most.min(written.layout.slots);
        let time = |group| self.share_at_end().of_time(written.packing(group));
        let group = (1..most).find(|&group| time(group) <= self.interval).unwrap_or(most);
        let busy = time(group);
        self.interval = self.interval.max(busy);
        self.group = group;
    }

    /// What the last junction of a branch, or of the trunk, writes.
    fn written(&self, exit: Option<usize>) -> Written {
        let Arranged { head, schedules, exits, .. } = self.arranged;
        let (schedules, junctions) = match exit {
            Some(exit) => (&exits[exit].schedules, &head.exits[exit].junctions),
            None => (schedules, &head.junctions),
        };
        let last = schedules.last().zip(junctions.last());
        let (schedule, junction) = last.expect("a chain has a junction");
        Written::new(schedule, junction)
    }

    /// What reads the trunk's layer `layer` besides branches.
    fn trunk_reader(&self, layer: usize) -> Times {
        match self.times.get(layer) {
            Some(&times) => times,
            None if self.arranged.head.split.is_some() => {
                timing::result(self.written(None).packing(self.group))
            }
            None => timing::result(self.written(None).layout.rows),
        }
    }

    /// The hand-over from junction `layer - 1` of the trunk to what reads its output there.
    fn trunk_hand_over(&self, layer: usize) -> HandOver {
        let (writer, reader) = (self.times[layer - 1], self.trunk_reader(layer));
        match self.arranged.head.gate_before(layer) {
            None => {
                let chain: Vec<_> =
                    self.arranged.schedules.iter().zip(&self.times).take(layer).collect();
                timing::between(timing::from_permit(&chain), reader, self.interval)
            }
            Some(exit) => {
                let decided = writer.cycles - 1
                    + writer.last_write
                    + self.decision_time(exit)
                    + reader.place
                    + POOL;
                HandOver {
                    release: reader.cycles - 1,
                    frames: decided.div_ceil(self.interval) + 1 + self.waiting(layer),
                }
            }
        }
    }

    /// Places for frames that have passed the exit before the trunk's layer `layer`: one that runs,
    /// and those of a burst that wait.
    fn waiting(&self, layer: usize) -> usize {
        let busy = self.trunk_reader(layer).cycles + POOL;
        if busy <= self.interval + POOL {
            return busy.div_ceil(self.interval);
        }
        // while a burst comes, some of it is worked off
        let burst = self.arranged.burst;
        1 + burst - (burst * self.interval / busy).min(burst)
    }

    /// From the last write of an exit's left layer to its decision.
    fn decision_time(&self, exit: usize) -> usize {
        let branch = self.branch_times[exit].iter();
        let branch: usize = branch.map(|t| t.cycles - 1 + t.place + t.last_write).sum();
        let written = self.written(Some(exit));
        // twice: the softmax rule reads logits again
        branch + 2 * (written.layout.rows + timing::levels(written.layout.slots)) + 8
    }

    /// What is at the trunk's end; `hand_over` is that of its memory.
    fn end(&self, hand_over: &HandOver) -> EndStage {
        match &self.packet.end {
            EndFormat::Answer(format) => {
                let last = self.arranged.head.junctions.last().expect("a head has junctions");
                EndStage::Result(self.result(None, last, *format, hand_over))
            }
            EndFormat::Nothing => EndStage::LastExit,
            EndFormat::Codes(format) => {
                let Written { layout, steps, cycles } = self.written(None);
                let beats = self.packet.beats(self.bus_bits);
                let beats = beats.min(format.longest().div_ceil(self.bus_bits as usize / 8));
                let piece = self.group * (format.bits as usize + 1);
                let word_beats = (32 + piece) / self.bus_bits as usize + 1;
                // a place is taken at a frame's start and free with its packet's last beat
                let busy = layout.rows * layout.slots.div_ceil(self.group);
                let levels = timing::levels(layout.slots) + timing::levels(self.group);
                let occupied = busy + levels + 12 + beats;
                let packets = occupied.div_ceil(self.interval) + 1;
                EndStage::Split(SplitStage {
                    format: format.clone(),
                    gated: self.arranged.head.gate_before(self.times.len()).is_some(),
                    slots: layout.slots,
                    rows: layout.rows,
                    steps,
                    cycles,
                    frames: hand_over.frames,
                    release: hand_over.release,
                    group: self.group,
                    busy,
                    beats,
                    fifo_beats: packets * beats.next_multiple_of(word_beats),
                })
            }
        }
    }

    /// The result stage of an exit, or of the trunk.
    fn result(
        &self,
        exit: Option<usize>,
        last: &QuantJunction,
        format: AnswerFormat,
        hand_over: &HandOver,
    ) -> ResultStage {
        let Written { layout, steps, cycles } = self.written(exit);
        let beats = format.bytes().div_ceil(self.bus_bits as usize / 8);
        let rule = exit
            .filter(|&exit| exit < self.arranged.head.gates())
            .map(|exit| rule(exit, &self.arranged.head.exits[exit]));
        let softmax = rule.as_ref().is_some_and(|rule| rule.softmax.is_some());
        let rows = if softmax { 2 * layout.rows + layout.slots + 8 } else { layout.rows };
        ResultStage {
            bits: last.acc_bits,
            frac: last.acc_frac(),
            format,
            tag: self.packet.tag(exit),
            rule,
            slots: layout.slots,
            rows: layout.rows,
            steps,
            cycles,
            frames: hand_over.frames,
            packets: timing::packets(rows, layout.slots, beats, self.interval),
            release: hand_over.release,
            beats,
        }
    }

    fn exit(&self, exit: usize, trunk: &[JunctionStage], end: &EndStage) -> ExitStage {
        let from = &self.arranged.head.exits[exit];
        let (times, schedules) = (&self.branch_times[exit], &self.arranged.exits[exit].schedules);
        let mut junctions = Vec::with_capacity(schedules.len());
        let trunk_times = self.arranged.schedules.iter().zip(&self.times).take(from.after + 1);
        let chain: Vec<_> = trunk_times.chain(schedules.iter().zip(times)).collect();
        let writer = |number: usize| timing::from_permit(&chain[..=from.after + number]);
        let mut hand_over = timing::between(writer(0), times[0], self.interval);
        let rows = timing::result(self.written(Some(exit)).layout.rows);
        for (number, (schedule, source)) in schedules.iter().zip(&from.junctions).enumerate() {
            let site = Site::Exit { exit, junction: number };
            let stage = junction::stage(
                &self.arranged.head.name,
                site,
                source,
                schedule,
                &hand_over,
                false,
                times[number],
            );
            junctions.push(stage);
            let reader = times.get(number + 1).copied().unwrap_or(rows);
            hand_over = timing::between(writer(number + 1), reader, self.interval);
        }
        let format = self.packet.exits[exit];
        let result = self.result(Some(exit), from.last(), format, &hand_over);
        let is_gate = exit < self.arranged.head.gates();
        let gate = is_gate.then(|| self.gate(exit, &result, &junctions, trunk, end));
        ExitStage { after: from.after, junctions, result, gate }
    }

    /// The queues at an exit: so long that nobody waits for a frame that overtook another, unless a
    /// burst is longer than asked for; decisions and thresholds never lack a place.
    fn gate(
        &self,
        exit: usize,
        result: &ResultStage,
        branch: &[JunctionStage],
        trunk: &[JunctionStage],
        end: &EndStage,
    ) -> GateStage {
        let head = &self.arranged.head;
        let after = head.exits[exit].after;
        let behind = &trunk[after + 1..];
        // how long a frame that passes needs, and the frames there can be of it
        let mut time = POOL + through(behind);
        let mut frames: usize = behind.iter().map(|j| j.frames).sum();
        for layer in after + 1..=trunk.len() {
            let busy = self.trunk_reader(layer).cycles;
            if self.arranged.head.gate_before(layer).is_some() {
                time += self.waiting(layer).saturating_sub(1) * busy;
            }
        }
        for later in exit + 1..head.exits.len() {
            time += self.decision_time(later) + POOL;
        }
        match end {
            EndStage::Result(last) => {
                time += last.rows + 6 + timing::levels(last.slots) + last.beats;
                frames += last.frames + last.packets;
            }
            EndStage::Split(split) => {
                time += split.busy + 16 + split.beats;
                frames += split.frames + split.fifo_beats;
            }
            EndStage::LastExit => {
                time += 16 + self.packet.beats(self.bus_bits);
                frames += 4;
            }
        }
        let waiting = time.div_ceil(self.interval) + 1;
        let fifo_beats = (waiting * result.beats).max(2);
        // every exit behind has a queue of its own
        let queues = (head.exits.len() - exit) * (waiting + result.packets + 2);
        let gate = self.gate_reader_frames(after + 1, trunk, end);
        let before = match exit.checked_sub(1) {
            Some(before) => &trunk[head.exits[before].after + 1..=after],
            None => &trunk[..=after],
        };
        let before: usize = before.iter().map(|j| j.frames).sum();
        GateStage {
            fifo_beats,
            decisions: (frames + queues).next_power_of_two(),
            thresholds: before + branch[0].frames + gate + 2,
        }
    }

    /// Places of the memory of what reads the trunk's layer `layer`.
    fn gate_reader_frames(&self, layer: usize, trunk: &[JunctionStage], end: &EndStage) -> usize {
        match (trunk.get(layer), end) {
            (Some(junction), _) => junction.frames,
            (None, EndStage::Split(split)) => split.frames,
            (None, EndStage::Result(result)) => result.frames,
            (None, EndStage::LastExit) => 0,
        }
    }
}

fn rule(number: usize, exit: &QuantExit) -> RuleStage {
    let (bits, signed) = exit.rule.threshold_format(exit.last().acc_bits);
    let softmax = exit.softmax.as_ref().map(|softmax| {
        let bits = crate::quantise::SOFTMAX_ONE.ilog2() as usize + 1;
        let mut words = Words::new(bits, softmax.table.len());
        for (row, &entry) in softmax.table.iter().enumerate() {
            words.put(row, 0, bits, entry.into());
        }
        let about = vec![
            format!("exit {number}: exponentials for the softmax rule, in units of 2^-12"),
            format!(
                "a line for each distance from the largest logit, in steps of 2^{} units",
                softmax.shift
            ),
        ];
        let rom = Rom { file: format!("x{number}_softmax.mem"), words, about };
        SoftmaxStage { shift: softmax.shift, rom }
    });
    RuleStage { rule: exit.rule, threshold: exit.threshold, bits, signed, softmax }
}
