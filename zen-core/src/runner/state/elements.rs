//! How far the fan-outs are: counted while instances begin and end, for whoever watches.

use super::*;

/// The outermost fan-out around some scopes; those inside it belong to it.
#[derive(Debug)]
pub(super) struct FanOut {
    each: InstanceId,
    total: usize,
    done: usize,
    failed: usize,
    running: usize,
    changed: bool,
}

/// What there is to tell of a fan-out.
#[derive(Debug)]
pub(crate) struct FanOutNow {
    pub(crate) name: String,
    pub(crate) total: usize,
    pub(crate) done: usize,
    pub(crate) failed: usize,
    pub(crate) running: usize,
}

/// Where a scope stands in a fan-out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    fan_out: usize,
    /// The run of the outermost body, which is one of the elements that are counted.
    element: usize,
}

impl State {
    /// The outermost fan-out of a body that is about to be opened for `count` elements.
    pub(super) fn open_fan_out(&mut self, each: InstanceId, count: usize) -> Option<usize> {
        let scope = self.instances[each].scope;
        if !matches!(self.node(each).kind, NodeKind::Each { .. }) || self.scopes[scope].member.is_some() {
            return None;
        }
        self.fan_outs.push(FanOut {
            each,
            total: count,
            done: 0,
            failed: 0,
            running: 0,
            changed: true,
        });
        Some(self.fan_outs.len() - 1)
    }

    /// Makes a scope an element of a fan-out; without one, it belongs to what its parent belongs to.
    pub(super) fn join(&mut self, scope: usize, fan_out: Option<usize>) {
        let parent = self.scopes[scope].parent;
        self.scopes[scope].member = match fan_out {
            Some(fan_out) => Some(Membership {
                fan_out,
                element: scope,
            }),
            None => parent.and_then(|parent| self.scopes[parent].member),
        };
    }

    fn with_fan_out(&mut self, id: InstanceId, change: impl FnOnce(&mut FanOut)) {
        if let Some(member) = self.scopes[self.instances[id].scope].member {
            let fan_out = &mut self.fan_outs[member.fan_out];
            fan_out.changed = true;
            change(fan_out);
        }
    }

    pub(super) fn count_begun(&mut self, id: InstanceId) {
        self.with_fan_out(id, |fan_out| fan_out.running += 1);
    }

    pub(super) fn count_stopped(&mut self, id: InstanceId) {
        self.with_fan_out(id, |fan_out| fan_out.running = fan_out.running.saturating_sub(1));
    }

    /// An instance has ended: it may have been its element's last.
    pub(super) fn count_ended(&mut self, id: InstanceId, status: Status) {
        let scope = self.instances[id].scope;
        self.scopes[scope].left -= 1;
        let Some(member) = self.scopes[scope].member else {
            return;
        };
        let fan_out = &mut self.fan_outs[member.fan_out];
        if status == Status::Failed && !std::mem::replace(&mut self.scopes[member.element].failed, true) {
            fan_out.failed += 1;
            fan_out.changed = true;
        }
        if member.element == scope && self.scopes[scope].left == 0 {
            fan_out.done += 1;
            fan_out.changed = true;
        }
    }

    /// An instance that had ended runs again.
    pub(super) fn count_again(&mut self, id: InstanceId) {
        let scope = self.instances[id].scope;
        self.scopes[scope].left += 1;
        if let Some(member) = self.scopes[scope].member
            && member.element == scope
            && self.scopes[scope].left == 1
        {
            let fan_out = &mut self.fan_outs[member.fan_out];
            fan_out.done = fan_out.done.saturating_sub(1);
            fan_out.changed = true;
        }
    }

    pub(crate) fn fan_outs_changed(&self) -> bool {
        self.fan_outs.iter().any(|fan_out| fan_out.changed)
    }

    /// The fan-outs whose numbers have changed since the last call.
    pub(crate) fn fan_outs_now(&mut self) -> Vec<FanOutNow> {
        let changed = self.fan_outs.iter_mut().filter_map(|fan_out| {
            std::mem::take(&mut fan_out.changed).then_some((
                fan_out.each,
                fan_out.total,
                fan_out.done,
                fan_out.failed,
                fan_out.running,
            ))
        });
        let changed: Vec<_> = changed.collect();
        let now = changed
            .into_iter()
            .map(|(each, total, done, failed, running)| FanOutNow {
                name: self.name(each),
                total,
                done,
                failed,
                running,
            });
        now.collect()
    }

    /// How many steps will end, as far as is known before the run: those of fan-outs and of branches inside them are not counted.
    pub(crate) fn steps(&self) -> usize {
        let mut steps = 0;
        let mut scopes = vec![0];
        while let Some(scope) = scopes.pop() {
            for node in &self.graph.scope(scope).nodes {
                let node = self.graph.get(*node);
                steps += usize::from(node.definition.is_some());
                if matches!(node.kind, NodeKind::When { .. }) {
                    scopes.extend(node.body().map(|(body, _)| body));
                }
            }
        }
        steps
    }
}
