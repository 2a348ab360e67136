//! The tree of groups and events that references and numbers stand for.

use std::collections::{HashMap, HashSet};

use crate::ttal::model::{Group, Script};

/// A child of the body or of a group, by its place in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Child {
    /// An event.
    Event(usize),
    /// A group.
    Group(usize),
}

/// What sits where, in order.
#[derive(Debug, Default)]
pub struct Tree {
    /// The children of the body.
    pub top: Vec<Child>,
    /// The children of each group.
    pub groups: Vec<Vec<Child>>,
    /// What names a group that is not there, or sits in itself: it counts as sitting in the body.
    pub strays: HashSet<Child>,
}

impl Tree {
    /// The tree of a script. Groups stand where their index says among what is in the same parent; events keep
    /// their order.
    pub fn of(script: &Script) -> Self {
        let names = names(&script.groups);
        let count = script.groups.len();
        let find = |reference: Option<&str>| reference.map(|reference| find(&names, count, reference));
        let mut tree = Tree { groups: vec![Vec::new(); count], ..Tree::default() };
        for (at, event) in script.events.iter().enumerate() {
            let child = Child::Event(at);
            match find(event.group.as_deref()) {
                Some(Some(group)) => tree.groups[group].push(child),
                Some(None) => {
                    tree.strays.insert(child);
                    tree.top.push(child);
                }
                None => tree.top.push(child),
            }
        }
        let parents: Vec<Option<Option<usize>>> =
            script.groups.iter().map(|group| find(group.parent.as_deref())).collect();
        let rings = rings(&parents);
        let mut inserts: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        for (at, parent) in parents.iter().enumerate() {
            let parent = match parent {
                Some(Some(parent)) if !rings.contains(&at) => Some(*parent),
                Some(_) => {
                    tree.strays.insert(Child::Group(at));
                    None
                }
                None => None,
            };
            inserts.entry(parent).or_default().push(at);
        }
        for (parent, mut groups) in inserts {
            groups.sort_by_key(|&at| script.groups[at].index);
            let children = match parent {
                Some(parent) => &mut tree.groups[parent],
                None => &mut tree.top,
            };
            *children = merged(std::mem::take(children), &groups, &script.groups);
        }
        tree
    }

    /// The groups by every reference that names them.
    pub(super) fn numbers(script: &Script) -> HashMap<Box<str>, usize> {
        let numbers = (0..script.groups.len()).map(|at| (format!("#{at}").into(), at));
        let names = names(&script.groups).into_iter().map(|(name, at)| (name.into(), at));
        numbers.chain(names).collect()
    }

    /// Groups and events in document order: each before what is in it.
    pub fn in_order(&self) -> Vec<(Option<usize>, u32, Child)> {
        let mut order = Vec::new();
        let mut open: Vec<(Option<usize>, usize)> = vec![(None, 0)];
        while let Some((parent, at)) = open.pop() {
            let children = parent.map_or(&self.top, |parent| &self.groups[parent]);
            let Some(&child) = children.get(at) else { continue };
            order.push((parent, u32::try_from(at).unwrap_or(u32::MAX), child));
            open.push((parent, at + 1));
            if let Child::Group(group) = child {
                open.push((Some(group), 0));
            }
        }
        order
    }
}

/// The first group of each identifier.
fn names(groups: &[Group]) -> HashMap<&str, usize> {
    let mut names = HashMap::new();
    for (at, group) in groups.iter().enumerate() {
        if let Some(id) = group.id.as_deref() {
            names.entry(id).or_insert(at);
        }
    }
    names
}

fn find(names: &HashMap<&str, usize>, count: usize, reference: &str) -> Option<usize> {
    match reference.strip_prefix('#') {
        Some(number) => number.parse().ok().filter(|&number| number < count),
        None => names.get(reference).copied(),
    }
}

/// The groups that sit in themselves, directly or around corners.
fn rings(parents: &[Option<Option<usize>>]) -> HashSet<usize> {
    let mut rings = HashSet::new();
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0u8; parents.len()];
    for start in 0..parents.len() {
        let mut way = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|&at| state[at] == 0) {
            state[at] = 1;
            way.push(at);
            next = parents[at].flatten();
        }
        if let Some(again) = next.filter(|&at| state[at] == 1) {
            rings.extend(way.iter().skip_while(|&&at| at != again));
        }
        way.into_iter().for_each(|at| state[at] = 2);
    }
    rings
}

/// Events with groups put among them, each behind as many as its index says.
fn merged(events: Vec<Child>, groups: &[usize], all: &[Group]) -> Vec<Child> {
    let mut children = Vec::with_capacity(events.len() + groups.len());
    let mut events = events.into_iter();
    for &at in groups {
        while children.len() < all[at].index as usize {
            let Some(event) = events.next() else { break };
            children.push(event);
        }
        children.push(Child::Group(at));
    }
    children.extend(events);
    children
}
