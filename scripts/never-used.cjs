/** In the place of a package that a bundle must name and never uses. */
module.exports = {};
