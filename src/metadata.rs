//! ObjectMeta: names, labels, annotations, owners. What an API server wants of the metadata of any object.
